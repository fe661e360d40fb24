"""A tower's question for a model proves who asks, for what and when."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from firewatch.errors import EnrolmentError
from firewatch.wire.model_offer import OFFERS_PATH, package_path, question_headers, read_question
from firewatch.wire.tower_keys import new_tower_key

AT = datetime(2026, 11, 26, 3, 4, 5, tzinfo=UTC)
KEY = new_tower_key()


def certificate_of(public: object, signer: object) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "yunfeng")])
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(public)  # type: ignore[arg-type]
    dated = built.serial_number(1).not_valid_before(AT).not_valid_after(AT + timedelta(days=1))
    return dated.sign(signer, hashes.SHA256())  # type: ignore[arg-type]


CERTIFICATE = certificate_of(KEY.key.public_key(), KEY.key)
HEADERS = question_headers(OFFERS_PATH, AT, KEY, CERTIFICATE)


def test_a_question_is_signed_for_its_path_and_time_alone() -> None:
    question = read_question(HEADERS, OFFERS_PATH)
    assert question.is_signed()
    assert (question.certificate, question.at, question.path) == (CERTIFICATE, AT, OFFERS_PATH)
    assert not read_question(HEADERS, package_path("0" * 64)).is_signed()
    later = {**HEADERS, "firewatch-at": (AT + timedelta(seconds=1)).isoformat()}
    assert not read_question(later, OFFERS_PATH).is_signed()


def test_one_instant_in_another_zone_is_the_same_instant() -> None:
    beijing = AT.astimezone(timezone(timedelta(hours=8)))
    assert question_headers(OFFERS_PATH, beijing, KEY, CERTIFICATE)["firewatch-at"] == HEADERS["firewatch-at"]
    assert read_question({**HEADERS, "firewatch-at": beijing.isoformat()}, OFFERS_PATH).is_signed()


def test_another_key_or_another_kind_of_key_has_signed_nothing() -> None:
    other = new_tower_key()
    assert not read_question(question_headers(OFFERS_PATH, AT, other, CERTIFICATE), OFFERS_PATH).is_signed()
    foreign = certificate_of(ed25519.Ed25519PrivateKey.generate().public_key(), KEY.key)
    assert not read_question(question_headers(OFFERS_PATH, AT, KEY, foreign), OFFERS_PATH).is_signed()


def test_a_renewal_is_no_question() -> None:
    words = f"{OFFERS_PATH}\n{AT.isoformat()}\n"
    signature = base64.b64encode(KEY.sign_renewal(words)).decode()
    assert not read_question({**HEADERS, "firewatch-signature": signature}, OFFERS_PATH).is_signed()


@pytest.mark.parametrize("name", sorted(HEADERS))
@pytest.mark.parametrize("value", ["", "?", "A" * 9_000, "2026-13-01", "AAAA"])
def test_without_a_readable_proof_nothing_is_answered(name: str, value: str) -> None:
    with_it = {**HEADERS, name: value}
    if name == "firewatch-signature" and value in {"", "AAAA"}:
        assert not read_question(with_it, OFFERS_PATH).is_signed()
        return
    with pytest.raises(EnrolmentError, match="for enrolled towers") as caught:
        read_question(with_it, OFFERS_PATH)
    assert caught.value.reason == "no proof"
    with pytest.raises(EnrolmentError):
        read_question({}, OFFERS_PATH)


def test_a_curve_that_nobody_knows_is_no_proof() -> None:
    der = CERTIFICATE.public_bytes(Encoding.DER)
    p256, unknown = bytes.fromhex("06082a8648ce3d030107"), bytes.fromhex("06082a8648ce3d03017f")
    assert p256 in der
    headers = {**HEADERS, "firewatch-certificate": base64.b64encode(der.replace(p256, unknown)).decode()}
    with pytest.raises(EnrolmentError, match="for enrolled towers"):
        read_question(headers, OFFERS_PATH)


@given(st.data())
def test_no_changed_character_of_the_signature_is_believed(data: st.DataObject) -> None:
    raw = bytearray(base64.b64decode(HEADERS["firewatch-signature"]))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    changed = {**HEADERS, "firewatch-signature": base64.b64encode(bytes(raw)).decode()}
    assert not read_question(changed, OFFERS_PATH).is_signed()
