"""The two ways out of this machine: a mail through SMTP, and a program of the installation's own (SMS, phone).

Both get a dull sentence: a case reference and a time, never a worker's name, place or words.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import shlex
import signal
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, localtime
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

from bot import log as logs
from bot.alarm.rules import Way
from bot.errors import AlarmNotDelivered
from bot.settings import Settings, settings
from bot.texts import Lang

log = logs.get(__name__)

#: Seconds a mail server may take to answer one command, and ALERT_COMMAND to end.
SMTP_SECONDS: Final = 15.0
COMMAND_SECONDS: Final = 30.0
#: What ALERT_COMMAND finds in its environment besides the machine's own. Source: docs/night-alarm.md, A program.
VARIABLES: Final = (
    "HOTLINE_ALARM_KIND",
    "HOTLINE_ALARM_CASE",
    "HOTLINE_ALARM_PRIORITY",
    "HOTLINE_ALARM_COUNT",
    "HOTLINE_ALARM_PHONE",
    "HOTLINE_ALARM_LANG",
    "HOTLINE_ALARM_TEXT",
)
#: Variables of ours that are no setting and open something all the same.
SECRET_VARIABLES: Final = frozenset({"hotline_tracker_key"})


@dataclass(frozen=True)
class Call:
    """One call to one person, complete."""

    ring: int
    kind: Literal["alarm", "test"]
    channel: Way
    #: Mail address, or what the program is given; None when the program knows whom to call.
    address: str | None
    lang: Lang
    #: Case reference, or the name of a test: T-12.
    ref: str
    #: How many P1 cases wait.
    count: int
    text: str
    #: Second paragraph of a mail: how to stop it.
    hint: str


async def deliver(call: Call) -> None:
    """Bring one call out. Raises AlarmNotDelivered."""
    try:
        if call.channel == "email":
            await asyncio.to_thread(_mail, call, settings())
        else:
            await _run(call, settings())
    except AlarmNotDelivered:
        raise
    except Exception as problem:
        # Whatever a library raises, the next person must be called. Its message may hold an address.
        log.error("alarm_broken", ring=call.ring, channel=call.channel, exc_info=True)
        raise AlarmNotDelivered(
            "broken", f"The alarm failed in an unforeseen way ({type(problem).__name__})."
        ) from None


# -- mail


def _mail(call: Call, config: Settings) -> None:
    if config.smtp is None or config.smtp_from is None or call.address is None:
        raise AlarmNotDelivered("off", "No mail can go out. Set SMTP_URL and SMTP_FROM.")
    server = urlsplit(config.smtp)
    try:
        connection = _connect(server.scheme, str(server.hostname), server.port)
    except AlarmNotDelivered:
        raise
    except ssl.SSLError:
        raise AlarmNotDelivered(
            "tls", f"{server.hostname} has no certificate that this machine trusts. Correct SMTP_URL or the server."
        ) from None
    except (OSError, smtplib.SMTPException):
        raise AlarmNotDelivered(
            "unreachable", f"The mail server {server.hostname} does not answer. Check SMTP_URL and the network."
        ) from None
    try:
        if server.username is not None:
            connection.login(unquote(server.username), unquote(server.password or ""))
        connection.send_message(_message(call, config.smtp_from), config.smtp_from, [call.address])
    except (OSError, smtplib.SMTPException) as problem:
        raise _refusal(problem) from None
    finally:
        # What it accepted is accepted, whatever becomes of the farewell.
        with contextlib.suppress(OSError, smtplib.SMTPException):
            connection.quit()
        connection.close()


def _refusal(problem: Exception) -> AlarmNotDelivered:
    """What a refusal means. A code below 500 is only for now, whatever it was said to."""
    codes = [getattr(problem, "smtp_code", 0)]
    if isinstance(problem, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in problem.recipients.values()]
    if min(codes) >= 500:
        if isinstance(problem, smtplib.SMTPAuthenticationError):
            return AlarmNotDelivered("login", "The mail server refuses user or password of SMTP_URL. Correct them.")
        if isinstance(problem, smtplib.SMTPRecipientsRefused):
            return AlarmNotDelivered(
                "address", "The mail server refuses the address. Correct it with `hotline duty set`."
            )
        if isinstance(problem, smtplib.SMTPSenderRefused):
            return AlarmNotDelivered("sender", "The mail server refuses the sender. Correct SMTP_FROM.")
    return AlarmNotDelivered("refused", "The mail server took no mail just now. Look into its log.")


def _connect(scheme: str, host: str, port: int | None) -> smtplib.SMTP:
    """A connection nobody can read: TLS from the start, or STARTTLS, which only this machine itself may go without."""
    # The name of this machine is nobody's business, and asking for it may take long without a network.
    me = "[127.0.0.1]"
    if scheme == "smtps":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, port or 465, local_hostname=me, timeout=SMTP_SECONDS, context=context)
    connection = smtplib.SMTP(host, port or 587, local_hostname=me, timeout=SMTP_SECONDS)
    try:
        connection.ehlo()
        if connection.has_extn("starttls"):
            context = ssl.create_default_context()
            if _loopback(host):
                # A mail server on this machine rarely has a certificate for the name "localhost".
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            connection.starttls(context=context)
            connection.ehlo()
        elif not _loopback(host):
            raise AlarmNotDelivered(
                "plain",
                f"The mail server {host} offers no STARTTLS, so everybody on the way could read the mail. "
                "Use smtps:// in SMTP_URL, or another server.",
            )
    except BaseException:
        connection.close()
        raise
    return connection


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _message(call: Call, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = call.text
    message["From"], message["To"] = sender, call.address
    message["Date"] = format_datetime(localtime())
    # The same call sent twice is the same mail.
    message["Message-ID"] = f"<alarm-{call.ring}@{sender.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Importance"], message["X-Priority"] = "high", "1"
    message.set_content(f"{call.text}\n\n{call.hint}\n")
    return message


# -- a program


async def _run(call: Call, config: Settings) -> None:
    if config.alert_command is None:
        raise AlarmNotDelivered("off", "No program can be run. Set ALERT_COMMAND.")
    words = [*shlex.split(config.alert_command), call.ref]
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment(call),
            # A group of its own, so that what it started can be ended with it.
            start_new_session=True,
        )
    except (OSError, ValueError):
        raise AlarmNotDelivered(
            "not_started", f"{words[0]} of ALERT_COMMAND cannot be started. Give its full path, and make it executable."
        ) from None
    try:
        code = await asyncio.wait_for(process.wait(), COMMAND_SECONDS)
    except TimeoutError:
        raise AlarmNotDelivered(
            "timeout", f"{words[0]} of ALERT_COMMAND did not end within {COMMAND_SECONDS:.0f} seconds."
        ) from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if code != 0:
        raise AlarmNotDelivered(
            "exit_code", f"{words[0]} of ALERT_COMMAND ended with {code}; 0 means that the call went out."
        )


def environment(call: Call) -> dict[str, str]:
    """The environment of ALERT_COMMAND: the machine's own without any setting of ours, and what it needs to know."""
    ours = {*Settings.model_fields, *SECRET_VARIABLES}
    kept = {name: value for name, value in os.environ.items() if name.lower() not in ours}
    told = (
        call.kind,
        call.ref,
        "1" if call.kind == "alarm" else "",
        str(call.count),
        call.address or "",
        call.lang,
        call.text,
    )
    return kept | dict(zip(VARIABLES, told, strict=True))
