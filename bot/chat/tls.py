"""The webhook's own certificate: made, read and checked, so that a wrong one stops the start with a sentence.

Telegram calls https only. Either a proxy in front of the gateways ends TLS, or the gateways do it with a certificate
and its key. A self-signed one is handed to Telegram (`setWebhook`), which then trusts that one.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from bot.errors import SettingInvalid
from bot.settings import Settings
from bot.storage import crypto

#: Years a certificate of our own making is good for. Nobody but Telegram trusts it, and a new one needs a restart.
YEARS = 5
_USAGE = x509.KeyUsage(
    digital_signature=True,
    key_encipherment=True,
    key_cert_sign=True,
    content_commitment=False,
    data_encipherment=False,
    key_agreement=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


@dataclass(frozen=True)
class Certificate:
    """A certificate that was read and fits."""

    path: Path
    #: Ends TLS here; None when a proxy does.
    key: Path | None
    #: Telegram has to be given it: no authority vouches for it.
    self_signed: bool


def read(config: Settings) -> Certificate | None:
    """The certificate of the settings, None without one. Raises SettingInvalid with what to do about it."""
    path, key = config.telegram_webhook_certificate, config.telegram_webhook_key
    if path is None:
        if key is not None:
            raise SettingInvalid("TELEGRAM_WEBHOOK_KEY is set without TELEGRAM_WEBHOOK_CERTIFICATE: set both.")
        return None
    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
    except OSError as problem:
        raise SettingInvalid(f"TELEGRAM_WEBHOOK_CERTIFICATE: cannot read {path}: {problem.strerror}.") from None
    except ValueError:
        raise SettingInvalid(f"TELEGRAM_WEBHOOK_CERTIFICATE: {path} is no certificate in PEM form.") from None
    if found.not_valid_after_utc < dt.datetime.now(dt.UTC):
        raise SettingInvalid(
            f"TELEGRAM_WEBHOOK_CERTIFICATE: {path} has expired. Make a new one with `hotline certificate`."
        )
    host = urlsplit(config.telegram_webhook_url or "").hostname or ""
    if not {host, f"*.{host.partition('.')[2]}"} & _names(found):
        raise SettingInvalid(
            f"TELEGRAM_WEBHOOK_CERTIFICATE: {path} is not for {host}, the host of TELEGRAM_WEBHOOK_URL. "
            "Make one with `hotline certificate`."
        )
    certificate = Certificate(path, key, _self_signed(found))
    server_context(certificate)
    return certificate


def server_context(certificate: Certificate) -> ssl.SSLContext | None:
    """What ends TLS here, None when a proxy does. Raises SettingInvalid when the key does not belong to it."""
    if certificate.key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate.path, certificate.key)
    except ssl.SSLError:
        raise SettingInvalid(
            f"TELEGRAM_WEBHOOK_KEY: {certificate.key} is not the private key of {certificate.path}."
        ) from None
    except OSError as problem:
        raise SettingInvalid(f"TELEGRAM_WEBHOOK_KEY: cannot read {certificate.key}: {problem.strerror}.") from None
    return context


def make(host: str, folder: Path) -> Certificate:
    """Make a self-signed certificate for a host name or address. Raises SettingInvalid when one is there already."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    if certificate.exists() or key.exists():
        raise SettingInvalid(f"{folder} holds a certificate already. Move it away to make a new one.")
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    # Telegram compares the common name with the host. Source: core.telegram.org/bots/self-signed.
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=365 * YEARS))
        .add_extension(x509.SubjectAlternativeName([_general_name(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
        .add_extension(_USAGE, critical=True)
        .sign(private, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    crypto.write_private(
        key,
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return Certificate(certificate, key, self_signed=True)


def command(host: str, folder: Path) -> str:
    """`hotline certificate`: make one and say what to do with it."""
    made = make(host, folder)
    return (
        f"Made for {host}, good for {YEARS} years. Put into .env, on every machine with a gateway:\n"
        f"TELEGRAM_WEBHOOK_CERTIFICATE={made.path}\nTELEGRAM_WEBHOOK_KEY={made.key}"
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _names(found: x509.Certificate) -> set[str]:
    """Hosts a certificate is for."""
    names = {str(part.value) for part in found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)}
    try:
        others = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return names
    return (
        names
        | set(others.get_values_for_type(x509.DNSName))
        | {str(address) for address in others.get_values_for_type(x509.IPAddress)}
    )


def _self_signed(found: x509.Certificate) -> bool:
    try:
        found.verify_directly_issued_by(found)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
