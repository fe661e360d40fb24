"""Codes that people type, requests that towers sign, and what the two ends say to each other."""

from __future__ import annotations

import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.ids import TowerId
from firewatch.errors import EnrolmentError, InvalidValue, MalformedMessage
from firewatch.wire import enrolment, tower_keys
from firewatch.wire.enrolment_code import CODE_CHARACTERS, make_code, pin_of, read_code

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE = make_code(bytes(range(7)), b"a certificate")
LETTERS = CODE.text.replace("-", "")
TOWER = TowerId("yunfeng")


@given(st.binary(min_size=7, max_size=7), st.binary(max_size=40))
def test_a_code_is_read_as_it_was_made(randomness: bytes, authority: bytes) -> None:
    code = make_code(randomness, authority)
    assert read_code(code.text) == code
    assert len(code.text.replace("-", "")) == CODE_CHARACTERS == 28
    assert code.pin == pin_of(authority)
    assert code.secret not in repr(code)


def test_the_pin_is_the_start_of_the_fingerprint() -> None:
    digits = "".join(f"{ALPHABET.index(letter):05b}" for letter in pin_of(b"x"))
    assert digits == f"{int(hashlib.sha256(b'x').hexdigest(), 16):0256b}"[:80]


def test_small_letters_blanks_and_misread_letters_do_no_harm() -> None:
    code = make_code(b"\0\x00\x42\0\0\0\1", b"y")
    typed = code.text.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert read_code(f"  {typed}\n") == code
    assert read_code(typed.replace("l", "i")) == code


@pytest.mark.parametrize("place", range(28))
def test_every_single_wrong_character_is_found(place: int) -> None:
    for letter in ALPHABET.replace(LETTERS[place], ""):
        with pytest.raises(InvalidValue, match="mistyped"):
            read_code(LETTERS[:place] + letter + LETTERS[place + 1 :])


def test_swapped_neighbours_are_found() -> None:
    pairs = [(at, LETTERS[at : at + 2]) for at in range(27) if LETTERS[at] != LETTERS[at + 1]]
    swapped = [LETTERS[:at] + pair[::-1] + LETTERS[at + 2 :] for at, pair in pairs if set(pair) != {"0", "Z"}]
    assert len(swapped) > 20
    for each in swapped:
        with pytest.raises(InvalidValue, match="mistyped"):
            read_code(each)


@pytest.mark.parametrize("typed", ["", LETTERS[:-1], LETTERS + "0", "U" + LETTERS[1:], "云" + LETTERS[1:]])
def test_what_is_no_code_is_refused_without_repeating_it(typed: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        read_code(typed)
    assert LETTERS[1:12] not in str(caught.value)


def test_a_code_needs_its_randomness() -> None:
    with pytest.raises(InvalidValue, match="7 bytes"):
        make_code(b"short", b"")


def test_a_request_names_its_tower_and_its_key() -> None:
    key = tower_keys.new_tower_key()
    request = tower_keys.read_request(key.request(TOWER))
    assert (request.tower_id, request.digest) == (TOWER, key.digest)
    assert tower_keys.read_tower_key(key.pem, "file").digest == key.digest


def a_request(key: object, *names: tuple[x509.ObjectIdentifier, str]) -> str:
    subject = x509.Name([x509.NameAttribute(oid, text) for oid, text in names])
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    made = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, algorithm)  # type: ignore[arg-type]
    return made.public_bytes(Encoding.PEM).decode()


CN, P256 = NameOID.COMMON_NAME, ec.SECP256R1()
WEAK = {
    "P-192": lambda: ec.generate_private_key(ec.SECP192R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "RSA": lambda: rsa.generate_private_key(65537, 2048),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
}


@pytest.mark.parametrize("kind", WEAK)
def test_a_request_with_another_kind_of_key_is_refused(kind: str) -> None:
    with pytest.raises(EnrolmentError, match="another kind; wanted is an elliptic key on P-256"):
        tower_keys.read_request(a_request(WEAK[kind](), (CN, "yunfeng")))


@pytest.mark.parametrize(
    "names",
    [
        [],
        [(CN, "Yunfeng")],
        [(CN, "a/b")],
        [(CN, "+")],
        [(CN, "firewatch.centre")],
        [(CN, "a"), (CN, "b")],
        [(CN, "a"), (NameOID.ORGANIZATION_NAME, "o")],
        [(NameOID.ORGANIZATION_NAME, "o")],
    ],
)
def test_a_request_that_names_something_else_than_one_tower_is_refused(
    names: list[tuple[x509.ObjectIdentifier, str]],
) -> None:
    with pytest.raises(EnrolmentError) as caught:
        tower_keys.read_request(a_request(ec.generate_private_key(P256), *names))
    assert caught.value.reason == "bad request"


def test_a_request_that_was_changed_on_the_way_is_refused() -> None:
    der = x509.load_pem_x509_csr(tower_keys.new_tower_key().request(TOWER).encode()).public_bytes(Encoding.DER)
    changed = der.replace(b"yunfeng", b"yanfeng")
    assert changed != der
    pem = x509.load_der_x509_csr(changed).public_bytes(Encoding.PEM).decode()
    with pytest.raises(EnrolmentError, match="not signed by the key in it"):
        tower_keys.read_request(pem)


@pytest.mark.parametrize(
    "pem", ["", "云", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----"]
)
def test_what_is_no_request_key_or_certificate_is_refused(pem: str) -> None:
    with pytest.raises(EnrolmentError):
        tower_keys.read_request(pem)
    with pytest.raises(EnrolmentError):
        tower_keys.read_tower_key(pem.encode(), "file")
    with pytest.raises(EnrolmentError):
        tower_keys.read_certificates(pem, "file")


def test_a_tower_key_of_another_kind_is_refused() -> None:
    pem = ec.generate_private_key(ec.SECP384R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(EnrolmentError, match="another kind"):
        tower_keys.read_tower_key(pem, "file")


def test_a_renewal_is_proved_by_the_old_key_for_this_request_only() -> None:
    old, request = tower_keys.new_tower_key(), tower_keys.new_tower_key().request(TOWER)
    certificate, signature = self_signed(old.key), old.sign_renewal(request)
    assert tower_keys.is_renewal_signed(certificate, request, signature)
    assert not tower_keys.is_renewal_signed(certificate, tower_keys.new_tower_key().request(TOWER), signature)
    assert not tower_keys.is_renewal_signed(certificate, request, tower_keys.new_tower_key().sign_renewal(request))
    assert not tower_keys.is_renewal_signed(certificate, request, b"no signature")
    of_rsa = self_signed(rsa.generate_private_key(65537, 2048))
    assert not tower_keys.is_renewal_signed(of_rsa, request, signature)


def self_signed(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> x509.Certificate:
    from datetime import UTC, datetime

    name, at = x509.Name([x509.NameAttribute(CN, "yunfeng")]), datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(at).not_valid_after(at.replace(year=2027))
    made = builder.sign(key, hashes.SHA256())
    assert tower_keys.read_certificates(made.public_bytes(Encoding.PEM).decode(), "x") == [made]
    return made


def test_messages_come_back_as_they_were_written_and_know_fields_to_come() -> None:
    asked = enrolment.RenewRequest(certificate="c", request="r", signature=b"\0\xff123456")
    assert enrolment.read_message(enrolment.write_message(asked), enrolment.RenewRequest) == asked
    more = b'{"secret": "0123456789A", "later": 1}'
    assert enrolment.read_message(more, enrolment.LookRequest) == enrolment.LookRequest(secret="0123456789A")  # noqa: S106
    assert enrolment.plain_port(8443) == 8444


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"secret": 1}', b'{"secret": "0123456789U"}', b"{}"])
def test_what_is_no_message_is_refused(content: bytes) -> None:
    with pytest.raises(MalformedMessage, match="LookRequest"):
        enrolment.read_message(content, enrolment.LookRequest)
