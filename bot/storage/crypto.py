"""Encryption at rest: what people wrote, who they are, and how they are found again without being readable.

Bodies, names, numbers and chat ids are encrypted with MultiFernet under HOTLINE_KEYS (newest key first). Chats are
looked up by an HMAC under a secret of the database's own, which is itself encrypted, so keys can be rotated without
losing a chat.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from bot.errors import KeysDoNotOpenDatabase, KeysMissing, SettingInvalid
from bot.settings import Settings, settings
from nlu.rasa_server import inside

KEY_FILE = "keys"


class Keys:
    """The keys of this installation, newest first: the first encrypts, all of them decrypt."""

    def __init__(self, keys: list[str]) -> None:
        try:
            self._fernets = [Fernet(key) for key in keys]
        except ValueError:
            raise SettingInvalid(
                "HOTLINE_KEYS holds something that is not a Fernet key. "
                "Each is 44 characters of base64; `hotline keys new` prints one."
            ) from None
        self.all = keys
        self._multi = MultiFernet(self._fernets)

    def encrypt(self, data: bytes) -> bytes:
        return self._multi.encrypt(data)

    def decrypt(self, token: bytes) -> bytes:
        """Raises KeysDoNotOpenDatabase when no key fits."""
        try:
            return self._multi.decrypt(token)
        except InvalidToken:
            raise KeysDoNotOpenDatabase() from None

    def rotate(self, token: bytes) -> bytes:
        """The same content under the newest key."""
        try:
            return self._multi.rotate(token)
        except InvalidToken:
            raise KeysDoNotOpenDatabase() from None


_keys: Keys | None = None
_lookup_secret: bytes | None = None
#: The secret of the hashes of recruiters; None as long as it is the lookup secret.
_recruiter_secret: bytes | None = None
_inside_token = ""


def use(
    keys: Keys,
    lookup_secret: bytes | None = None,
    tracker_key: str | None = None,
    recruiter_secret: bytes | None = None,
) -> None:
    """Set the keys, and what follows from the database's secrets once it gave them, for this process."""
    global _keys, _lookup_secret, _recruiter_secret, _inside_token
    _keys = keys
    if lookup_secret is not None:
        _lookup_secret, _recruiter_secret = lookup_secret, recruiter_secret
    _inside_token = inside.token(tracker_key) if tracker_key else _inside_token


def inside_token() -> str:
    """What our parts show each other over HTTP (nlu/rasa_server/inside.py); empty, and refused, before the database is
    open.
    """
    return _inside_token


def keys() -> Keys:
    if _keys is None:
        raise KeysMissing()
    return _keys


def key_file(config: Settings | None = None) -> Path:
    return (config or settings()).hotline_home / KEY_FILE


def read_keys(config: Settings) -> Keys | None:
    """HOTLINE_KEYS, else the key file; None when there is neither."""
    raw = config.keys
    if raw is None:
        try:
            raw = key_file(config).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise SettingInvalid(f"Cannot read the key file {key_file(config)}: {problem.strerror}.") from problem
    parts = raw.replace(",", " ").split()
    return Keys(parts) if parts else None


def write_keys(path: Path, fresh: list[str]) -> None:
    """Write the key file whole or not at all, readable by its owner alone (mode 0600)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private(path, "".join(f"{key}\n" for key in fresh).encode("ascii"))


def write_private(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, for its owner alone, so that it survives a power cut as surely as a commit."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        # Half a file on a full disk would help nobody and keep it full.
        draft.unlink(missing_ok=True)
        raise
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def new_key() -> str:
    return Fernet.generate_key().decode("ascii")


def keyed_hash(what: str, value: str | int) -> bytes:
    """A lookup key for one value (32 bytes): equal for equal values, useless without the database's secret."""
    if _lookup_secret is None:
        raise KeysMissing()
    own = _recruiter_secret if what == "recruiter" else None
    return hash_under(own or _lookup_secret, what, value)


def hash_under(secret: bytes, what: str, value: str | int) -> bytes:
    """The lookup key (32 bytes) that a value has under a secret."""
    return hmac.new(secret, f"{what}:{value}".encode(), hashlib.sha256).digest()


def tracker_fernet_key(tracker_key: str) -> bytes:
    """The Fernet key of Rasa's rows, from the tracker key: as nlu/rasa_server/tracker_store.py derives it."""
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"hotline rasa tracker")
    return base64.urlsafe_b64encode(derived.derive(bytes.fromhex(tracker_key)))


class EncryptedText(TypeDecorator[str]):
    """Text that rests encrypted."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        # A lone surrogate, as a broken client may send, must not stop an intake.
        return None if value is None else keys().encrypt(value.encode("utf-8", "surrogatepass"))

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else keys().decrypt(bytes(value)).decode("utf-8", "surrogatepass")


class EncryptedJSON(TypeDecorator[Any]):
    """A JSON value that rests encrypted. Change it by assigning a new value, not in place."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        return None if value is None else keys().encrypt(json.dumps(value, separators=(",", ":")).encode("ascii"))

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(keys().decrypt(bytes(value)))
