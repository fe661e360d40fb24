"""Who gets a certificate, and who does not; the authority is real, its books are in memory."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ExtendedKeyUsage, SubjectAlternativeName, load_pem_x509_crl
from cryptography.x509.oid import ExtendedKeyUsageOID

from firewatch.adapters.ca_folder import CaFolder, ca_passphrase
from firewatch.domain.ids import TowerId
from firewatch.errors import EnrolmentError
from firewatch.services.enrolment import Enrolment, Inviting
from firewatch.testing.clocks import SCENE_START
from firewatch.testing.memory_enrolment import MemoryEnrolmentBook
from firewatch.wire.tower_keys import new_tower_key, read_certificates

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

YUNFENG, SHIGU = TowerId("yunfeng"), TowerId("shigu")
DAY, YEAR = timedelta(days=1), timedelta(days=365)
PASSPHRASE = b"long enough for a test"


class Clock:
    def __init__(self) -> None:
        self.at = SCENE_START

    def now(self) -> datetime:
        return self.at


class Centre:
    def __init__(self, folder: Path) -> None:
        self.folder = CaFolder(folder / "ca")
        root = self.folder.make("Bureau", PASSPHRASE, SCENE_START, 20 * YEAR)
        self.ca, self.book, self.clock = self.folder.open(PASSPHRASE), MemoryEnrolmentBook(), Clock()
        self.desk = Enrolment(self.book, self.book, self.ca, self.clock, YEAR)
        der, count = root.public_bytes(Encoding.DER), iter(range(100))
        self._inviting = Inviting(self.book, der, lambda size: (next(count) << 8).to_bytes(size, "big"))

    def code(self, tower: TowerId = YUNFENG) -> str:
        return self._inviting.invite(tower, "officer", self.clock.at, DAY)[0].secret


@pytest.fixture
def centre(tmp_path: Path) -> Centre:
    return Centre(tmp_path)


def reason(ask: Callable[[], object]) -> str:
    with pytest.raises(EnrolmentError) as caught:
        ask()
    return caught.value.reason


def test_a_certificate_says_who_and_for_what_and_nothing_more(centre: Centre) -> None:
    issued = centre.desk.enrol(centre.code(), new_tower_key().request(YUNFENG), "10.0.0.9")
    own = read_certificates(issued.pem, "x")[0]
    own.verify_directly_issued_by(centre.ca.chain[0])
    assert own.subject.rfc4514_string() == "CN=yunfeng"
    names = own.extensions.get_extension_for_class(SubjectAlternativeName).value
    assert [name.value for name in names] == ["urn:firewatch:tower:yunfeng"]
    assert list(own.extensions.get_extension_for_class(ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert issued.expires_at == own.not_valid_after_utc == SCENE_START + YEAR
    assert (issued.how, issued.asked_from, int(issued.serial, 16)) == ("code", "10.0.0.9", own.serial_number)
    assert own.serial_number.bit_length() > 64


def test_a_lost_answer_is_given_again_to_the_same_key_and_to_no_other(centre: Centre) -> None:
    secret, request = centre.code(), new_tower_key().request(YUNFENG)
    issued = centre.desk.enrol(secret, request, "")
    assert centre.desk.enrol(secret, request, "") == issued
    assert reason(lambda: centre.desk.enrol(secret, new_tower_key().request(YUNFENG), "")) == "code used"
    centre.book.revoke(YUNFENG, centre.clock.at, "officer", "")
    assert reason(lambda: centre.desk.enrol(secret, request, "")) == "code withdrawn"
    assert len(centre.book.certificates()) == 1


def test_wrong_expired_and_withdrawn_codes_and_those_of_another_tower_are_refused(centre: Centre) -> None:
    request = new_tower_key().request(YUNFENG)
    assert reason(lambda: centre.desk.enrol("0" * 11, request, "")) == "code unknown"
    first = centre.code()
    assert reason(lambda: centre.desk.enrol(centre.code(SHIGU), request, "")) == "other tower"
    second = centre.code()
    assert reason(lambda: centre.desk.look(first)) == "code withdrawn"
    centre.clock.at += DAY - timedelta(seconds=1)
    assert centre.desk.look(second).tower_id == YUNFENG
    centre.clock.at += timedelta(seconds=1)
    assert reason(lambda: centre.desk.enrol(second, request, "")) == "code expired"
    assert centre.book.certificates() == ()


def test_a_renewal_needs_a_standing_certificate_its_key_and_a_new_key(centre: Centre) -> None:
    old, key = new_tower_key(), new_tower_key()
    first = centre.desk.enrol(centre.code(), old.request(YUNFENG), "")
    request = key.request(YUNFENG)
    signature = old.sign_renewal(request)
    renew = centre.desk.renew
    forged = centre.ca.issue(_request(old.request(YUNFENG)), SCENE_START, YEAR)
    assert reason(lambda: renew(forged.pem, request, signature, "")) == "not ours"
    assert reason(lambda: renew(first.pem, request, key.sign_renewal(request), "")) == "bad proof"
    same, other = old.request(YUNFENG), key.request(SHIGU)
    assert reason(lambda: renew(first.pem, same, old.sign_renewal(same), "")) == "same key"
    assert reason(lambda: renew(first.pem, other, old.sign_renewal(other), "")) == "other tower"
    second = renew(first.pem, request, signature, "")
    assert renew(first.pem, request, signature, "") == second, "a lost answer comes again"
    assert first.stands(centre.clock.at)
    centre.clock.at += YEAR
    assert reason(lambda: renew(first.pem, request, signature, "")) == "expired"


def test_a_revoked_tower_renews_nothing_and_stands_in_the_signed_list(centre: Centre) -> None:
    old = new_tower_key()
    first = centre.desk.enrol(centre.code(), old.request(YUNFENG), "")
    centre.book.revoke(YUNFENG, centre.clock.at, "officer", "stolen")
    request = new_tower_key().request(YUNFENG)
    assert reason(lambda: centre.desk.renew(first.pem, request, old.sign_renewal(request), "")) == "revoked"
    revoked = load_pem_x509_crl(centre.ca.revoked_list(centre.book.certificates(), centre.clock.at))
    assert [one.serial_number for one in revoked] == [int(first.serial, 16)]
    assert revoked.is_signature_valid(centre.ca.chain[0].public_key())  # type: ignore[arg-type]
    assert revoked.next_update_utc == centre.ca.chain[0].not_valid_after_utc, "a forgotten date must not shut all out"


def test_a_certificate_never_outlives_its_authority(centre: Centre) -> None:
    centre.clock.at += 20 * YEAR - DAY
    issued = centre.desk.enrol(centre.code(), new_tower_key().request(YUNFENG), "")
    assert issued.expires_at == SCENE_START + 20 * YEAR


def test_an_authority_is_locked_never_overwritten_and_may_be_signed_elsewhere(centre: Centre, tmp_path: Path) -> None:
    key = tmp_path / "ca" / "ca.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert b"ENCRYPTED" in key.read_bytes()
    assert reason(lambda: centre.folder.make("Again", PASSPHRASE, SCENE_START, YEAR)) == "authority exists"
    assert reason(lambda: centre.folder.open(b"another passphrase")) == "bad key"
    key.chmod(0o644)
    assert reason(lambda: centre.folder.open(PASSPHRASE)) == "no authority"
    asked = CaFolder(tmp_path / "asked")
    asked.request("Bureau 2", PASSPHRASE)
    foreign = centre.ca.chain[0].public_bytes(Encoding.PEM)
    assert reason(lambda: asked.accept(foreign, PASSPHRASE, SCENE_START)) == "bad certificate"
    key.chmod(0o600)
    brought = CaFolder(tmp_path / "brought")
    assert brought.bring(key.read_bytes(), PASSPHRASE, foreign, b"ours, long enough", SCENE_START) == centre.ca.chain[0]
    assert brought.open(b"ours, long enough").chain == centre.ca.chain
    late = SCENE_START + 21 * YEAR
    third = CaFolder(tmp_path / "third")
    assert reason(lambda: third.bring(key.read_bytes(), PASSPHRASE, foreign, PASSPHRASE, late)) == "bad certificate"
    assert not (tmp_path / "third" / "ca.key").exists()


def test_an_authority_that_another_signed_sends_its_certificate_along(tmp_path: Path) -> None:
    folder, key = CaFolder(tmp_path / "asked"), ec.generate_private_key(ec.SECP256R1())
    asked = x509.load_pem_x509_csr(folder.request("Bureau", PASSPHRASE).read_bytes())
    root_name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Province")])
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)  # noqa: FBT003 - its own order

    def signed(subject: x509.Name, public: object, levels: int) -> x509.Certificate:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(root_name).public_key(public)  # type: ignore[arg-type]
        builder = builder.serial_number(levels + 1).not_valid_before(SCENE_START).not_valid_after(SCENE_START + YEAR)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=levels), critical=True)
        return builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())

    root, own = signed(root_name, key.public_key(), 1), signed(asked.subject, asked.public_key(), 0)
    pems = [one.public_bytes(Encoding.PEM) for one in (own, root)]
    assert reason(lambda: folder.accept(pems[0], PASSPHRASE, SCENE_START)) == "bad certificate", "the root is missing"
    assert folder.accept(b"".join(pems), PASSPHRASE, SCENE_START) == own
    ca = folder.open(PASSPHRASE)
    issued = ca.issue(_request(new_tower_key().request(YUNFENG)), SCENE_START, DAY)
    assert read_certificates(issued.pem, "x")[1:] == [own]
    assert ca.root_pem.encode() == pems[1]


def test_a_passphrase_comes_from_the_environment_or_a_file_of_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "passphrase"
    path.write_text("long enough for all\n", encoding="utf-8")
    named = {"FIREWATCH_CA_PASSPHRASE_FILE": str(path)}
    path.chmod(0o600)
    assert ca_passphrase(named) == b"long enough for all"
    path.chmod(0o640)
    assert reason(lambda: ca_passphrase(named)) == "no passphrase"
    assert reason(lambda: ca_passphrase({"FIREWATCH_CA_PASSPHRASE_FILE": str(path) + "x"})) == "no passphrase"
    assert reason(lambda: ca_passphrase({"FIREWATCH_CA_PASSPHRASE": "short"})) == "no passphrase"
    assert ca_passphrase({"FIREWATCH_CA_PASSPHRASE": "long enough for all"}) == b"long enough for all"


def _request(pem: str):  # type: ignore[no-untyped-def]  # noqa: ANN202
    from firewatch.wire.tower_keys import read_request

    return read_request(pem)
