"""A kernel that lacks something, for what is started: `python -m tests.support.older_kernel CALLS MODULE`.

CALLS are names joined by commas; the kernel answers them as if it did not know them, or as Docker refuses `unshare`.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import sys

from bot.runtime.file_jail import seccomp

#: x86_64, aarch64, and what is answered.
CALLS = {
    "landlock": (444, 444, errno.ENOSYS),
    "unshare": (272, 97, errno.EPERM),
    "seccomp": (157, 167, errno.EINVAL),
}


def without(names: list[str]) -> None:
    """Take these calls from this process and whatever it starts. `seccomp` is prctl's way of asking for it."""
    column, machine = seccomp._MACHINES[platform.machine()]
    rules: list[bytes] = []
    for name in names:
        number, told = CALLS[name][column - 1], CALLS[name][2]
        answer = [seccomp._step(seccomp._RETURN, seccomp._REFUSE | told)]
        if name == "seccomp":
            first = seccomp._step(seccomp._LOAD, seccomp._ARGUMENTS_AT)
            asked = seccomp._step(seccomp._EQUAL, seccomp._PR_SET_SECCOMP, no=1)
            answer = [first, asked, *answer, seccomp._step(seccomp._RETURN, seccomp._ALLOW)]
        rules += [seccomp._step(seccomp._EQUAL, number, no=len(answer)), *answer]
    rules.append(seccomp._step(seccomp._RETURN, seccomp._ALLOW))
    ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)
    seccomp.install(machine, rules)


if __name__ == "__main__":
    without(sys.argv[1].split(","))
    os.execv(sys.executable, [sys.executable, "-m", *sys.argv[2:]])
