"""Every error of the hotline, by what happened. A class's docstring is its message: what is wrong, what to do next.

HotlineError
├── SettingInvalid
├── KeysError
│   ├── KeysMissing
│   └── KeysDoNotOpenDatabase
├── HotlineRunsAlready
├── DatabaseUnavailable
├── NluUnavailable
├── ReferenceDataInvalid
├── AgencyListInvalid
├── RecruiterNotNamed
├── AlarmNotDelivered
├── FileNotConfined
├── FactError
│   ├── FactNotFound
│   └── FactNotConfirmed
└── CaseError
    ├── CaseNotFound
    ├── CaseAlreadyClaimed
    ├── NotTheHolder
    ├── NotOfThisDesk
    ├── ReplyNamesReference
    └── OperatorUnknown
        ├── WrittenAnonymously
        └── WrittenAsChannel

Errors carry references, never a person's words.
"""

from __future__ import annotations

import inspect


class HotlineError(Exception):
    """Something in the hotline went wrong."""

    def __init__(self, message: str | None = None) -> None:
        said = message or inspect.getdoc(type(self)) or type(self).__name__
        super().__init__(" ".join(said.split()))


class SettingInvalid(HotlineError):
    """A setting is wrong. Correct it in the environment or in .env, then start again."""


class KeysError(HotlineError):
    """The encryption keys cannot be used."""


class KeysMissing(KeysError):
    """This database holds encrypted rows, but no key was given.

    Set HOTLINE_KEYS, or put the key file back, then start again.
    """


class KeysDoNotOpenDatabase(KeysError):
    """The keys in HOTLINE_KEYS do not open this database.

    Put the key back that it was made with (the newest first), then start again.
    """


class HotlineRunsAlready(HotlineError):
    """Another `hotline run` uses this home."""

    def __init__(self, home: object, process: str) -> None:
        super().__init__(
            f"The hotline already runs from {home} (process {process or 'unknown'}). "
            f"Use that one, or stop it with Ctrl-C or `kill {process or 'PROCESS'}` and start again. "
            "For a second hotline set HOTLINE_HOME to another folder."
        )


class DatabaseUnavailable(HotlineError):
    """The database does not answer.

    Nothing is confirmed to Telegram until it does; see the log in HOTLINE_HOME/postgres, or of the server of
    DATABASE_URL.
    """


class NluUnavailable(HotlineError):
    """Rasa or its action server gave no usable answer in time. The worker gets our own text with a number to call."""

    def __init__(self, *, reached: bool = True) -> None:
        #: Whether the message got to a Rasa at all; only then it may be the message's fault.
        self.reached = reached
        super().__init__()


class ReferenceDataInvalid(HotlineError):
    """A file under data/ is wrong."""

    def __init__(self, path: str, line: int | None, why: str) -> None:
        self.path, self.line, self.why = path, line, why
        where = f"{path}:{line}" if line else path
        super().__init__(f"{where}: {why}. Correct the file, then run `make data-check`.")


class AgencyListInvalid(HotlineError):
    """This file is no list of agencies. Its first row names the columns: name, licence, status, valid_until."""


class RecruiterNotNamed(HotlineError):
    """This is neither a phone number, @name, link, mail address nor the name of an agency. Write one of them."""


class FileNotConfined(HotlineError):
    """A stranger's file was not opened: the process that reads it could not be confined on this machine.

    The original is kept. `hotline doctor` says what is missing.
    """


class AlarmNotDelivered(HotlineError):
    """An alarm did not go out. `failure` is a word for the record; the sentence says what to do."""

    def __init__(self, failure: str, why: str) -> None:
        self.failure = failure
        super().__init__(why)


class FactError(HotlineError):
    """Something about a fact of the data files cannot be done."""


class FactNotFound(FactError):
    """No fact has this id."""

    def __init__(self, wanted: str, near: list[str]) -> None:
        meant = f"Did you mean {' or '.join(near)}? " if near else ""
        super().__init__(f"No fact is called {wanted}. {meant}`hotline facts due` lists them.")


class FactNotConfirmed(FactError):
    """This person's word does not count here. Have somebody else call the number, or reread the source."""


class CaseError(HotlineError):
    """An operator's wish about a case cannot be done."""


class CaseNotFound(CaseError):
    """No case has this reference."""


class CaseAlreadyClaimed(CaseError):
    """Another operator holds this case."""

    def __init__(self, holder: str) -> None:
        self.holder = holder
        super().__init__(f"{holder} holds this case.")


class NotTheHolder(CaseError):
    """Only the operator who holds the case may do this. Claim it first, or ask the holder to hand it over."""


class NotOfThisDesk(CaseError):
    """An operator acts for the own desk alone."""

    def __init__(self, site: str) -> None:
        self.site = site
        super().__init__(f"This belongs to the desk {site}, and the operator to another one.")


class ReplyNamesReference(CaseError):
    """A reply holds the reference of a case, which no worker is shown. Write it again without."""


class OperatorUnknown(CaseError):
    """Only listed operators may act. An administrator lists you with: hotline operators add NAME --telegram-id N."""


class WrittenAnonymously(OperatorUnknown):
    """An administrator of the group who stays anonymous is nobody we know. Switch that off, then write again."""


class WrittenAsChannel(OperatorUnknown):
    """Whoever writes as a channel is nobody we know. Choose your own account, then write again."""
