"""A certificate that does not fit stops the start with a sentence; one we make fits."""

from __future__ import annotations

import datetime as dt
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bot.chat import tls
from bot.errors import SettingInvalid
from bot.settings import Settings

HOST = "hotline.example.org"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tls.Certificate:
    return tls.make(HOST, tmp_path_factory.mktemp("webhook"))


def given(certificate: Path | None, key: Path | None, host: str = HOST) -> Settings:
    return Settings(
        telegram_webhook_url=f"https://{host}:8443",
        telegram_webhook_certificate=certificate,
        telegram_webhook_key=key,
    )


def issued(folder: Path, host: str, *, days: int = 10) -> Path:
    """A certificate that an authority signed, not its own key."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]) for name in (host, "An authority")]
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(names[0])
        .issuer_name(names[1])
        .public_key(keys[0].public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=20))
        .not_valid_after(now + dt.timedelta(days=days))
        .sign(keys[1], hashes.SHA256())
    )
    path = folder / "issued.pem"
    path.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    return path


def test_what_we_make_fits_and_is_handed_to_telegram(made: tls.Certificate) -> None:
    found = tls.read(given(made.path, made.key))
    assert found is not None and found.self_signed
    assert tls.server_context(found) is not None
    assert made.key is not None and stat.S_IMODE(made.key.stat().st_mode) == 0o600


def test_an_address_may_stand_for_a_name(tmp_path: Path) -> None:
    found = tls.make("127.0.0.1", tmp_path)
    assert tls.read(given(found.path, found.key, "127.0.0.1")) == found


def test_a_certificate_of_an_authority_is_not_handed_to_telegram(tmp_path: Path) -> None:
    found = tls.read(given(issued(tmp_path, "*.example.org"), None))
    assert found is not None and not found.self_signed
    assert tls.server_context(found) is None, "a proxy ends TLS"


def test_an_existing_pair_is_never_overwritten(made: tls.Certificate) -> None:
    with pytest.raises(SettingInvalid, match="already"):
        tls.make(HOST, made.path.parent)


def test_none_is_needed() -> None:
    assert tls.read(given(None, None)) is None


def test_each_mistake_is_named_with_its_setting(made: tls.Certificate, tmp_path: Path) -> None:
    text = tmp_path / "text.pem"
    text.write_text("no certificate")
    other = tls.make(HOST, tmp_path / "other")
    (tmp_path / "late").mkdir()
    late = issued(tmp_path / "late", HOST, days=-1)
    for config, said in (
        (given(None, made.key), "TELEGRAM_WEBHOOK_KEY is set without"),
        (given(tmp_path / "missing.pem", None), "CERTIFICATE: cannot read"),
        (given(text, None), "is no certificate"),
        (given(late, None), "has expired"),
        (given(made.path, made.key, "elsewhere.example.org"), "is not for elsewhere.example.org"),
        (given(made.path, tmp_path / "missing.pem"), "KEY: cannot read"),
        (given(made.path, text), "is not the private key"),
        (given(made.path, other.key), "is not the private key"),
    ):
        with pytest.raises(SettingInvalid, match=said):
            tls.read(config)
