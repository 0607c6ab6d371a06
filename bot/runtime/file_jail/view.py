"""A mount namespace in which only the named files exist: the wall for a kernel without Landlock.

Needs root or a kernel that lets anybody make user namespaces; Docker refuses both by default. Source: mount(2),
pivot_root(2), user_namespaces(7).
"""

from __future__ import annotations

import ctypes
import os
import platform
from pathlib import Path

_MS_BIND, _MS_REC, _MS_PRIVATE, _MNT_DETACH = 4096, 16384, 1 << 18, 2
#: Source: asm/unistd_64.h, asm-generic/unistd.h.
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
#: A folder that every Linux has, under which the new root is put together; nobody else sees it.
_ROOM = Path("/tmp")

libc = ctypes.CDLL(None, use_errno=True)


def enter(readable: list[Path], runnable: list[Path]) -> None:
    """Leave the machine's files behind, these paths excepted. Raises OSError."""
    uid, gid = os.getuid(), os.getgid()
    os.unshare(os.CLONE_NEWNS | (os.CLONE_NEWUSER if uid else 0))
    if uid:
        # Without a name for our own user nothing could be made, not even an empty folder.
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    _mount(None, Path("/"), None, _MS_REC | _MS_PRIVATE)
    _mount("cage", _ROOM, "tmpfs", 0)
    for path in (*readable, *runnable):
        _bind(path)
    _link_folders()
    old = _ROOM / "old"
    old.mkdir()
    _check(libc.syscall(_PIVOT_ROOT[platform.machine()], os.fsencode(_ROOM), os.fsencode(old)))
    os.chdir("/")
    _check(libc.umount2(b"/old", _MNT_DETACH))


def _bind(path: Path) -> None:
    inside = _ROOM / path.relative_to("/")
    if inside.exists():
        return
    if path.is_dir():
        inside.mkdir(parents=True)
    else:
        inside.parent.mkdir(parents=True, exist_ok=True)
        # Made as a device is: the child may not write a byte into any file.
        os.mknod(inside, 0o100400)
    _mount(str(path), inside, None, _MS_BIND | _MS_REC)


def _link_folders() -> None:
    """The short names of folders, which programs carry in them: /lib64 for /usr/lib64."""
    for name in ("lib", "lib64", "bin"):
        outside, inside = Path("/", name), _ROOM / name
        if outside.is_symlink() and not inside.exists():
            inside.symlink_to(outside.readlink())


def _mount(source: str | None, target: Path, kind: str | None, flags: int) -> None:
    _check(
        libc.mount(
            os.fsencode(source) if source else None, os.fsencode(target), kind.encode() if kind else None, flags, None
        )
    )


def _check(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
