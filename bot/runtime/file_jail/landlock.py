"""Landlock: from here on this process, and whatever it starts, opens only files below the folders that it named.

Needs no privilege and no namespace. Source of names and numbers: linux/landlock.h, landlock(7).
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION, _PATH_BENEATH = 1, 1
_EXECUTE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 2, 1 << 3
#: How many rights over files each version of Landlock knows; all are taken, few are given back.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
#: From these versions on: no TCP; no abstract socket and no signal beyond this process.
_TCP_SINCE, _SCOPES_SINCE = 4, 6

libc = ctypes.CDLL(None, use_errno=True)


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("rights", ctypes.c_uint64), ("folder", ctypes.c_int32))


def version() -> int:
    """The version of Landlock that the kernel speaks. Raises OSError where there is none."""
    return _call(_CREATE_RULESET, None, 0, _VERSION)


def enter(readable: list[Path], runnable: list[Path]) -> int:
    """Leave only these paths to be read, and only these files to be started. Raises OSError. Returns the version."""
    known = version()
    files = (1 << _FILE_RIGHTS.get(known, 16)) - 1
    wanted = _Ruleset(files, 0b11 if known >= _TCP_SINCE else 0, 0b11 if known >= _SCOPES_SINCE else 0)
    # An older kernel refuses a structure that is longer than the one it knows.
    size = 8 * (1 + (known >= _TCP_SINCE) + (known >= _SCOPES_SINCE))
    ruleset = _call(_CREATE_RULESET, ctypes.byref(wanted), size, 0)
    try:
        for path in readable:
            _allow(ruleset, path, _READ_FILE | (_READ_DIR if path.is_dir() else 0))
        for path in runnable:
            _allow(ruleset, path, _READ_FILE | _EXECUTE)
        _call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return known


def _allow(ruleset: int, path: Path, rights: int) -> None:
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        _call(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(_Beneath(rights, opened)), 0)
    finally:
        os.close(opened)


def _call(number: int, *arguments: object) -> int:
    result: int = libc.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
