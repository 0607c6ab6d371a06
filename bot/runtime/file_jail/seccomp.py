"""Seccomp: from here on the kernel serves this process, and whatever it starts, the calls of this list and no other.

Named is what Python, Pillow, pdfium, numpy and tesseract ask for when they read a file that is open already and print
what they found. Not named, and so refused: sockets, other processes, their memory, signals, namespaces, mounts, keys,
anything that writes, renames or deletes, io_uring.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterator

#: Calls for reading: name, number on x86_64, number on aarch64 (- where a machine has no such call).
#: Source: asm/unistd_64.h, asm-generic/unistd.h of Linux 6.12.
_READING = """
read 0 63; write 1 64; readv 19 65; writev 20 66; pread64 17 67; lseek 8 62; close 3 57; open 2 -; openat 257 56
fcntl 72 25; fstat 5 80; newfstatat 262 79; statx 332 291; stat 4 -; lstat 6 -; access 21 -; faccessat 269 48
faccessat2 439 439; getcwd 79 17; getdents64 217 61; readlink 89 -; readlinkat 267 78; statfs 137 43; fstatfs 138 44
fadvise64 221 223; mmap 9 222; mprotect 10 226; munmap 11 215; mremap 25 216; madvise 28 233; brk 12 214
mbind 237 235; get_mempolicy 239 236; membarrier 324 283; rt_sigaction 13 134; rt_sigprocmask 14 135
rt_sigreturn 15 139; sigaltstack 131 132; restart_syscall 219 128; poll 7 -; ppoll 271 73; select 23 -; pselect6 270 72
epoll_create1 291 20; epoll_ctl 233 21; epoll_wait 232 -; epoll_pwait 281 22; getpid 39 172; gettid 186 178
getppid 110 173; getuid 102 174; geteuid 107 175; getgid 104 176; getegid 108 177; uname 63 160; sysinfo 99 179
getrusage 98 165; times 100 153; clock_gettime 228 113; clock_getres 229 114; clock_nanosleep 230 115; nanosleep 35 101
gettimeofday 96 169; time 201 -; getrandom 318 278; sched_yield 24 124; sched_getaffinity 204 123; getcpu 309 168
getpriority 140 141; prlimit64 302 261; futex 202 98; set_robust_list 273 99; rseq 334 293; set_tid_address 218 96
arch_prctl 158 -; exit 60 93; exit_group 231 94
"""
#: Calls for starting a program and waiting for it, and for threads of the libraries that turn and weigh a picture.
_STARTING = """
execve 59 221; vfork 58 -; clone 56 220; wait4 61 260; waitid 247 95; pipe 22 -; pipe2 293 59
dup 32 23; dup2 33 -; dup3 292 24; close_range 436 436
"""
#: Calls that are refused in words that make libraries go on: this is no terminal; take the older call.
_REFUSED = {"ioctl 16 29": errno.ENOTTY, "clone3 435 435": errno.ENOSYS, "openat2 437 437": errno.ENOSYS}
#: Above these numbers are calls of a kernel newer than the list: they do not exist, and libraries know others.
_NEWEST = 462

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
#: Flags by which a new process would get namespaces of its own, and the one by which it shares our memory: a thread
#: has it, and a process that is about to become a program. Source: linux/sched.h.
_NAMESPACES, _SHARING = 0x7E020000, 0x100
#: Copying descriptors and asking about them; not whom to send a signal once one can be read. Source: linux/fcntl.h.
_OF_DESCRIPTORS = (0, 1, 2, 3, 4, 1030)
#: Calls that are served for some values of an argument: which argument, which of its bits count, what they may be.
_BY_ARGUMENT = {
    "open": (1, _WRITING, (0,)),
    "openat": (2, _WRITING, (0,)),
    "fcntl": (1, 0xFFFFFFFF, _OF_DESCRIPTORS),
    "clone": (0, _NAMESPACES | _SHARING, (_SHARING,)),
    # Of this process alone.
    "prlimit64": (0, 0xFFFFFFFF, (0,)),
}

_PR_SET_SECCOMP, _FILTER = 22, 2
#: What a filter answers. Source: linux/seccomp.h.
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
#: Instructions of a filter, and where it finds the call. Source: linux/bpf_common.h; linux/seccomp.h, seccomp_data.
_LOAD, _AND, _EQUAL, _ABOVE, _RETURN = 0x20, 0x54, 0x15, 0x25, 0x06
_NUMBER_AT, _MACHINE_AT, _ARGUMENTS_AT = 0, 4, 16
#: Machines this list knows: column above, and the kernel's name for it. Source: linux/audit.h.
_MACHINES = {"x86_64": (1, 0xC000003E), "aarch64": (2, 0xC00000B7)}

libc = ctypes.CDLL(None, use_errno=True)


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def enter(*, starting: bool) -> None:
    """Leave only the calls of reading, and those of starting a program where one may. Raises OSError."""
    machine = platform.machine()
    if machine not in _MACHINES:
        raise OSError(errno.ENOSYS, f"no list of system calls for {machine}")
    column, audited = _MACHINES[machine]
    install(audited, list(_rules(_READING + (_STARTING if starting else ""), column)))


def install(machine: int, rules: list[bytes]) -> None:
    """Put a filter up: `rules` see the number of the call, and what none of them decides is refused. Raises OSError."""
    whole = [
        *(_step(_LOAD, _MACHINE_AT), _step(_EQUAL, machine, yes=1), _step(_RETURN, _KILL), _step(_LOAD, _NUMBER_AT)),
        *rules,
        *(_step(_ABOVE, _NEWEST, no=1), _step(_RETURN, _REFUSE | errno.ENOSYS), _step(_RETURN, _REFUSE | errno.EPERM)),
    ]
    program = _Filter(len(whole), b"".join(whole))
    if libc.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "seccomp")


def _rules(calls: str, column: int) -> Iterator[bytes]:
    for entry in calls.replace("\n", ";").split(";"):
        words = entry.split()
        if words and words[column] != "-":
            yield from _rule(words[0], int(words[column]))
    for entry, told in _REFUSED.items():
        yield _step(_EQUAL, int(entry.split()[column]), no=1)
        yield _step(_RETURN, _REFUSE | told)


def _rule(name: str, number: int) -> Iterator[bytes]:
    if name not in _BY_ARGUMENT:
        yield _step(_EQUAL, number, no=1)
        yield _step(_RETURN, _ALLOW)
        return
    argument, bits, values = _BY_ARGUMENT[name]
    yield _step(_EQUAL, number, no=3 + 2 * len(values))
    # The lower half of the argument: all of these are numbers of 32 bits, on machines that store that half first.
    yield _step(_LOAD, _ARGUMENTS_AT + 8 * argument)
    yield _step(_AND, bits)
    for value in values:
        yield _step(_EQUAL, value, no=1)
        yield _step(_RETURN, _ALLOW)
    yield _step(_RETURN, _REFUSE | errno.EPERM)


def _step(code: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    """One instruction: what it does with which number, and how many instructions are skipped if so and if not."""
    return struct.pack("HBBI", code, yes, no, value)
