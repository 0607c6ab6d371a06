"""The one place that reads the environment. A bad setting stops the start, by name."""

from __future__ import annotations

import os
import re
import shlex
from functools import lru_cache
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from bot.errors import SettingInvalid

#: The checkout: everything under data/ and the nlu room is found from here.
ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"

#: Names another file than .env to read settings from; /dev/null for none (`hotline chat`).
ENV_FILE_VARIABLE = "HOTLINE_ENV_FILE"
#: What a bot token looks like; its number is the bot's id.
TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]+")
#: A mail address as most servers take it: plain letters, one @.
MAIL_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
#: Settings that may name several addresses.
SEVERAL = frozenset({"rasa_url", "actions_url"})
#: The token the sandbox accepts when none is set. It opens nothing outside this machine.
SANDBOX_TOKEN = "100001:SANDBOX"
#: The operators' group that the sandbox makes.
SANDBOX_OPERATORS_CHAT_ID = -1001000000001


class Settings(BaseSettings):
    """What an installation may choose. Every field is documented in .env.example too."""

    model_config = SettingsConfigDict(
        env_file=os.environ.get(ENV_FILE_VARIABLE, ROOT / ".env"),
        extra="ignore",
        frozen=True,
        use_attribute_docstrings=True,
        env_ignore_empty=True,
    )

    telegram_bot_token: SecretStr | None = None
    """Token from @BotFather. Without one the hotline talks to its own sandbox."""
    telegram_bot_token_file: Path | None = None
    """A file holding the token, for secrets mounted by Docker."""
    telegram_api_url: str = "https://api.telegram.org"
    """Base address of the Bot API: methods under /bot<token>/, files under /file/bot<token>/."""
    telegram_webhook_url: str | None = None
    """Public https address where Telegram reaches us. Empty means polling."""
    telegram_webhook_secret: SecretStr | None = None
    """Secret Telegram sends with each webhook call (A-Z a-z 0-9 _ -). Empty means one kept in the database."""
    telegram_webhook_certificate: Path | None = None
    """Certificate of that address in PEM form. A self-signed one is handed to Telegram."""
    telegram_webhook_key: Path | None = None
    """Private key of the certificate: with it we end TLS ourselves. Empty means that a proxy does."""
    webhook_host: str = "127.0.0.1"
    """Address the webhook listens on."""
    webhook_port: int = Field(default=8443, ge=0, le=65535)
    """Port the webhook listens on."""
    operators_chat_id: int | None = None
    """Telegram id of the default site's operators' forum group (negative number)."""

    operators_chats: dict[str, int] = Field(default_factory=dict)
    """Groups of further sites of data/sites.yml, as JSON: {"km_desk": -1001234567890}."""

    database_url: SecretStr | None = None
    """postgresql:// address. Empty means our own PostgreSQL under HOTLINE_HOME."""
    database_url_file: Path | None = None
    """A file holding DATABASE_URL, for secrets mounted by Docker."""
    hotline_home: Path = ROOT / "var"
    """Folder for the database, media, keys and models of this installation."""
    hotline_keys: SecretStr | None = None
    """Fernet keys, newest first, separated by commas. Empty means HOTLINE_HOME/keys, made on the first start."""
    hotline_keys_file: Path | None = None
    """A file holding HOTLINE_KEYS, for secrets mounted by Docker."""

    gateways: int = Field(default=1, ge=1, le=20)
    """Gateways that `hotline run` starts. With a webhook they share its port; else one polls, the others stand by."""
    workers: int = Field(default=1, ge=1, le=20)
    """Workers that `hotline run` starts."""
    rasa_servers: int = Field(default=1, ge=1, le=20)
    """Rasa servers that `hotline run` starts, unless RASA_URL says where they are."""
    rasa_url: str | None = None
    """Where Rasa answers; several addresses, separated by commas, share the chats. Empty: what `hotline run` starts."""
    actions_url: str | None = None
    """Where the action server answers; several, as above. Empty means the one that `hotline run` starts."""
    nlu_host: str = "127.0.0.1"
    """Address Rasa listens on."""
    nlu_port: int = Field(default=5005, ge=0, le=65535)
    """Port Rasa listens on; `hotline run` takes a free one if it is busy."""
    actions_host: str = "127.0.0.1"
    """Address the action server listens on."""
    actions_port: int = Field(default=5055, ge=0, le=65535)
    """Port the action server listens on; `hotline run` takes a free one if it is busy."""
    sandbox_port: int = Field(default=8081, ge=0, le=65535)
    """Port of the sandbox on loopback; `hotline run` takes a free one if it is busy."""
    nlu_timeout_seconds: float = Field(default=4.5, gt=0, le=30)
    """Seconds a turn waits for Rasa before our own texts answer, so that a person hears from us within 5."""

    watch_host: str = "127.0.0.1"
    """Address of the worker's /healthz, /readyz and /metrics. They tell when people write: never for the outside."""
    watch_port: int = Field(default=9464, ge=0, le=65535)
    """Port of /healthz, /readyz and /metrics; the next free one is taken if it is busy."""

    console_host: str = "127.0.0.1"
    """Address of the operators' web console (not built yet)."""
    console_port: int = Field(default=8090, ge=0, le=65535)
    """Port of the operators' web console (not built yet)."""
    alert_command: str | None = None
    """Program run, without a shell, for a P1 case past its time (SMS, phone call): its words, then the reference."""
    smtp_url: SecretStr | None = None
    """Mail server of the night alarm: smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465."""
    smtp_url_file: Path | None = None
    """A file holding SMTP_URL, for secrets mounted by Docker."""
    smtp_from: str | None = None
    """Address that the alarm's mails come from. Needed with SMTP_URL."""
    alarm_after_minutes: float = Field(default=3.0, ge=0)
    """Minutes a P1 case may wait for somebody to claim it before duty people are called; the group rings again then."""
    alarm_step_minutes: float = Field(default=5.0, ge=1)
    """Minutes one person has to acknowledge before the next one is called."""
    alarm_claim_minutes: float = Field(default=15.0, ge=1)
    """Minutes an acknowledgement holds the alarm while nobody claims the case."""
    alarm_test: str = Field(default="mon 10:00", pattern=r"^(mon|tue|wed|thu|fri|sat|sun) ([01]\d|2[0-3]):[0-5]\d$")
    """When the weekly test alarm goes out, in each desk's own zone: a time when people are awake."""
    group_messages_per_minute: int = Field(default=20, ge=5)
    """Messages a minute we send into an operators' group. Telegram allows 20; more is for the sandbox alone."""
    messages_per_second: int = Field(default=30, ge=1)
    """Messages a second we send in all. Telegram allows about 30; a bot with paid broadcasts 1000."""
    live_window_minutes: float = Field(default=10.0, gt=0)
    """Minutes after a worker's last message in which we may write to a chat with a case."""
    closed_cases_days: int = Field(default=365, ge=30)
    """Days after closing when a case is anonymised: its words and files are deleted, a row for statistics stays."""
    chat_files_mb: int = Field(default=150, ge=20)
    """Files in MB fetched of one chat in a day. The rest stays at Telegram; who holds its case can have it fetched."""
    disk_floor_mb: int = Field(default=1000, ge=100)
    """Free disk in MB that strangers' files leave untouched. Below it none is fetched; messages are stored still."""
    worker_memory_mb: int = Field(default=1024, ge=256)
    """Memory in MB that worker, gateway and actions may take each. One that would take more fails or starts again."""
    nlu_memory_mb: int = Field(default=2048, ge=1024)
    """Memory in MB that Rasa may take. One that holds three quarters of it is started again."""
    log_format: str = Field(default="console", pattern="^(console|json)$")
    """How log lines look: console or json."""

    @model_validator(mode="after")
    def _absolute_home(self) -> Self:
        if not self.hotline_home.is_absolute():
            object.__setattr__(self, "hotline_home", (Path.cwd() / self.hotline_home).resolve())
        return self

    @field_validator("telegram_api_url", "telegram_webhook_url", "rasa_url", "actions_url")
    @classmethod
    def _web_address(cls, value: str | None, info: ValidationInfo) -> str | None:
        parts = [value] if value is None or info.field_name not in SEVERAL else value.split(",")
        if any(part is not None and not re.match(r"https?://[^/\s]", part.strip()) for part in parts):
            raise ValueError("must begin with http:// or https://")
        return value

    @field_validator("telegram_webhook_secret")
    @classmethod
    def _webhook_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", value.get_secret_value()):
            raise ValueError("must be 1 to 256 of A-Z a-z 0-9 _ -")
        return value

    @field_validator("alert_command")
    @classmethod
    def _command(cls, value: str | None) -> str | None:
        try:
            words = shlex.split(value) if value is not None else []
        except ValueError:
            raise ValueError("a quotation mark is not closed") from None
        return value if words else None

    @field_validator("smtp_from")
    @classmethod
    def _sender(cls, value: str | None) -> str | None:
        if value is not None and not MAIL_ADDRESS.fullmatch(value):
            raise ValueError("must be a mail address, like alarm@example.org")
        return value

    @model_validator(mode="after")
    def _mail(self) -> Self:
        if (self.smtp_url or self.smtp_url_file) and self.smtp_from is None:
            raise ValueError("SMTP_URL needs SMTP_FROM, the address that mails come from")
        if self.smtp_url is not None:
            _mail_server(self.smtp_url.get_secret_value())
        return self

    @property
    def smtp(self) -> str | None:
        """SMTP_URL from the environment or its file; None means that the alarm sends no mail."""
        found = _secret("SMTP_URL", self.smtp_url, self.smtp_url_file)
        if found is not None:
            try:
                _mail_server(found)
            except ValueError as problem:
                raise SettingInvalid(f"{problem}.") from None
        return found

    @property
    def token(self) -> str:
        """The bot token, the sandbox's when none is set."""
        found = _secret("TELEGRAM_BOT_TOKEN", self.telegram_bot_token, self.telegram_bot_token_file)
        if found is not None and not TOKEN.fullmatch(found):
            raise SettingInvalid(
                "TELEGRAM_BOT_TOKEN is not a bot token: numbers, a colon, letters, as @BotFather gives."
            )
        return found or SANDBOX_TOKEN

    @property
    def own_sandbox(self) -> bool:
        """True when `hotline run` starts the sandbox itself: its people and groups are new each time."""
        return self.sandboxed and self.telegram_api_url == Settings.model_fields["telegram_api_url"].default

    @property
    def sandboxed(self) -> bool:
        """True when no token was given: everything talks to the sandbox."""
        return self.token == SANDBOX_TOKEN

    @property
    def keys(self) -> str | None:
        """HOTLINE_KEYS from the environment or its file; None means the key file under HOTLINE_HOME."""
        return _secret("HOTLINE_KEYS", self.hotline_keys, self.hotline_keys_file)

    @property
    def database(self) -> str | None:
        """DATABASE_URL from the environment or its file; None means the embedded PostgreSQL."""
        return _secret("DATABASE_URL", self.database_url, self.database_url_file)

    @property
    def rasa_addresses(self) -> list[str]:
        """Base addresses of the Rasa servers, without a slash at the end."""
        return _addresses(self.rasa_url or f"http://{self.nlu_host}:{self.nlu_port}")

    @property
    def actions_addresses(self) -> list[str]:
        """Base addresses of the action servers, without a slash at the end."""
        return _addresses(self.actions_url or f"http://{self.actions_host}:{self.actions_port}")

    @property
    def operators_chat(self) -> int | None:
        """The default site's operators' group."""
        if self.operators_chat_id is None and self.sandboxed:
            return SANDBOX_OPERATORS_CHAT_ID
        return self.operators_chat_id


def _mail_server(value: str) -> None:
    try:
        parts = urlsplit(value)
        fits = parts.scheme in {"smtp", "smtps"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        raise ValueError("SMTP_URL must look like smtp://user:password@host:587 or smtps://user:password@host:465")


def _addresses(listed: str) -> list[str]:
    return [one.strip().rstrip("/") for one in listed.split(",") if one.strip()]


def _secret(name: str, value: SecretStr | None, file: Path | None) -> str | None:
    if value is not None:
        return value.get_secret_value()
    if file is not None:
        try:
            found = file.read_text(encoding="utf-8").strip()
        except OSError as problem:
            raise SettingInvalid(f"{name}_FILE: cannot read {file}: {problem.strerror}.") from problem
        except UnicodeDecodeError:
            raise SettingInvalid(f"{name}_FILE: {file} is not text.") from None
        if not found:
            raise SettingInvalid(f"{name}_FILE: {file} is empty.")
        return found
    return None


@lru_cache
def settings() -> Settings:
    """The settings of this process, read once. Raises SettingInvalid naming each wrong variable."""
    try:
        return Settings()
    except SettingsError as problem:
        # A value that should be JSON; the library's message names the field and nothing of the value.
        field = re.search(r'field "(\w+)"', str(problem))
        name = field[1].upper() if field else "a variable"
        raise SettingInvalid(f"Wrong setting. {name}: must be JSON. See .env.example.") from None
    except ValidationError as problem:
        # What concerns several settings names them in its own sentence.
        wrong = "; ".join(
            f"{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" if e["loc"] else e["msg"] for e in problem.errors()
        )
        raise SettingInvalid(f"Wrong setting. {wrong}. See .env.example.") from None
