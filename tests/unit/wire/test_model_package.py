"""A model package is taken whole, as its signer made it, or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import subprocess
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from firewatch.errors import ConfigError, ModelError
from firewatch.wire.model_package import (
    LIST_NAME,
    SIGNATURE_NAME,
    GateSummary,
    Manifest,
    ModelPackage,
    PackagedFile,
    intact,
    is_higher,
    open_package,
    pack,
    read_unproved,
    require_upgrade,
    verified,
)
from firewatch.wire.package_keys import make_keys, read_signing_key, read_trusted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PAIR, OTHER = make_keys(), make_keys()
KEY = read_signing_key(PAIR.private_pem, "bureau.key")
TRUSTED = read_trusted(PAIR.public_pem, "bureau.pub")
NETWORK = b"a network" * 50
SHEET = f"""name = "smoke"
version = "0.3.0"
file = "smoke.onnx"
sha256 = "{hashlib.sha256(NETWORK).hexdigest()}"
""".encode()
FILES = {"model.toml": SHEET, "smoke.onnx": NETWORK, "MODEL_CARD.md": b"# Card\n"}
ANY = PackagedFile(name="model.toml", size=1, sha256="0" * 64)
MANIFEST = Manifest(
    schema="firewatch-model/1",
    name="smoke",
    version="0.3.0",
    least_edge_version="0.1.0",
    created_at=datetime(2026, 11, 26, tzinfo=UTC),
    key_id="0" * 16,
    files=(ANY, ANY),
    gate=GateSummary(passed=True, against="0.2.0", tests=4),
)


def packed(files: Mapping[str, bytes] = FILES, manifest: Manifest = MANIFEST) -> bytes:
    return pack(files, manifest, KEY, "models/smoke")


def opened(content: bytes) -> ModelPackage:
    return open_package(content, TRUSTED, "smoke.fwmodel")


def zipped(files: list[tuple[str | zipfile.ZipInfo, bytes]], compression: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return stream.getvalue()


def signed(listed: bytes, files: Mapping[str, bytes] = FILES) -> bytes:
    """Return a package with any list, signed by the right key: what a careless signer could send."""
    return zipped([(LIST_NAME, listed), (SIGNATURE_NAME, KEY.sign(listed)), *files.items()])


def changed_list(**changes: object) -> bytes:
    facts = json.loads(opened(packed()).files[LIST_NAME])
    return json.dumps({**facts, **changes}).encode()


def test_what_was_packed_is_opened_and_proved_again_from_its_files() -> None:
    package = opened(packed())
    assert {name: package.files[name] for name in FILES} == FILES
    assert (package.manifest.version, package.signed_by) == ("0.3.0", PAIR.key_id)
    assert package.manifest.gate == MANIFEST.gate
    assert [each.name for each in package.manifest.files] == sorted(FILES)
    assert verified(package.files, TRUSTED, "folder") == package


def test_equal_content_gives_an_equal_package() -> None:
    assert packed() == packed(dict(reversed(FILES.items())))


def test_a_package_is_a_plain_zip_that_other_tools_can_check(tmp_path: Path) -> None:
    (tmp_path / "smoke.fwmodel").write_bytes(packed())
    (tmp_path / "bureau.pub").write_bytes(PAIR.public_pem)
    with zipfile.ZipFile(tmp_path / "smoke.fwmodel") as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
    words = "pkeyutl -verify -pubin -inkey bureau.pub -rawin -in manifest.json -sigfile manifest.sig"
    try:
        done = subprocess.run(["openssl", *words.split()], cwd=tmp_path, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no openssl on this machine")
    assert "Verified Successfully" in done.stdout, done.stderr


def test_a_package_of_another_key_is_refused_and_the_trusted_ones_are_named() -> None:
    with pytest.raises(ModelError, match=f"no trusted key signed it.*{OTHER.key_id}"):
        open_package(packed(), read_trusted(OTHER.public_pem, "other.pub"), "smoke.fwmodel")
    with pytest.raises(ModelError, match="trusted: none"):
        open_package(packed(), (), "smoke.fwmodel")


def test_while_keys_change_either_is_believed() -> None:
    both = read_trusted(OTHER.public_pem + PAIR.public_pem, "both.pub")
    assert [key.key_id for key in both] == [OTHER.key_id, PAIR.key_id]
    assert open_package(packed(), both, "smoke.fwmodel").signed_by == PAIR.key_id


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_no_changed_byte_changes_what_is_taken(data: st.DataObject) -> None:
    content = bytearray(packed())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    try:
        package = opened(bytes(content))
    except ModelError:
        return
    # Dates and the like of the zip are nobody's business; names and content are.
    assert package.files == opened(packed()).files


@given(st.integers(0, 2000), st.binary(max_size=40))
@settings(max_examples=200, deadline=None)
def test_a_package_that_is_cut_off_or_no_package_is_refused(length: int, rest: bytes) -> None:
    whole = packed()
    with pytest.raises(ModelError):
        opened(whole[: min(length, len(whole) - 1)])
    with pytest.raises(ModelError):
        opened(rest)


@pytest.mark.parametrize("name", sorted(FILES))
def test_an_exchanged_file_is_refused(name: str) -> None:
    listed = opened(packed()).files[LIST_NAME]
    with pytest.raises(ModelError, match=f"{name} is not the file that was signed"):
        opened(signed(listed, {**FILES, name: FILES[name][:-1] + b"?"}))


def test_a_file_more_or_less_than_the_list_is_refused() -> None:
    listed = opened(packed()).files[LIST_NAME]
    with pytest.raises(ModelError, match=r"differ: more\.onnx"):
        opened(signed(listed, {**FILES, "more.onnx": b"x"}))
    with pytest.raises(ModelError, match=r"differ: MODEL_CARD\.md"):
        opened(signed(listed, {"model.toml": SHEET, "smoke.onnx": NETWORK}))
    with pytest.raises(ModelError, match=r"no manifest\.json or no manifest\.sig"):
        opened(zipped(list(FILES.items())))


@pytest.mark.parametrize(
    "name",
    [
        "../smoke.onnx",
        "/etc/passwd.x",
        "a/b.onnx",
        "a\\b.onnx",
        "..",
        ".hidden",
        "C:x.onnx",
        "smoke .onnx",
        "x",
        "a..b",
    ],
)
def test_a_name_that_is_no_plain_file_is_refused_signed_or_not(name: str) -> None:
    with pytest.raises(ModelError, match="no plain name"):
        opened(zipped([(name, b"x")]))
    with pytest.raises(ModelError, match="files"):
        packed({**FILES, name: b"x"})


def test_links_folders_and_devices_are_refused() -> None:
    for mode in (stat.S_IFLNK, stat.S_IFDIR, stat.S_IFCHR):
        entry = zipfile.ZipInfo("smoke.onnx")
        entry.external_attr = (mode | 0o644) << 16
        with pytest.raises(ModelError, match="no plain file"):
            opened(zipped([(entry, b"/etc/passwd")]))


def test_compressed_doubled_and_far_too_many_files_are_refused() -> None:
    with pytest.raises(ModelError, match="is compressed"):
        opened(zipped([("bomb.onnx", b"\0" * 5_000_000)], zipfile.ZIP_DEFLATED))
    with pytest.raises(ModelError, match="two files of one name"):
        opened(zipped([("Smoke.onnx", b"1"), ("smoke.onnx", b"2")]))
    with pytest.raises(ModelError, match="more than 34 files"):
        opened(zipped([(f"f{number}.onnx", b"1") for number in range(40)]))


def test_encrypted_and_overlapping_entries_are_refused() -> None:
    content = bytearray(zipped([("smoke.onnx", b"1234")]))
    central = content.index(b"PK\x01\x02")
    locked = bytearray(content)
    locked[central + 8] |= 1
    with pytest.raises(ModelError, match="is encrypted"):
        opened(bytes(locked))
    content[central + 20 : central + 28] = (10**6).to_bytes(4, "little") * 2
    with pytest.raises(ModelError, match="claims more bytes than it has"):
        opened(bytes(content))


def test_a_package_that_no_link_would_carry_is_refused_before_it_is_read() -> None:
    with pytest.raises(ModelError, match="more than 64000000 bytes"):
        opened(b"\0" * 64_000_001)
    huge = b"\1" * 32_000_000
    with pytest.raises(ModelError, match="over 64000000 bytes"):
        packed({**FILES, "a.onnx": huge, "b.onnx": huge})


def test_a_list_that_is_too_long_or_a_signature_of_another_length_is_refused() -> None:
    with pytest.raises(ModelError, match="longer than 64000"):
        opened(signed(b" " * 64_001))
    listed = opened(packed()).files[LIST_NAME]
    with pytest.raises(ModelError, match="not of 64 bytes"):
        opened(zipped([(LIST_NAME, listed), (SIGNATURE_NAME, b"short"), *FILES.items()]))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"schema": "firewatch-model/2"}, "newer firewatch"),
        ({"version": "0.3"}, "cannot be read"),
        ({"version": "0.4.0"}, "the list of another"),
        ({"files": []}, "cannot be read"),
        ({"gate": None}, "neither what the gate said nor why not"),
        ({"ungated": "in a hurry"}, "neither what the gate said nor why not"),
        ({"created_at": "2026-11-26T00:00:00"}, "cannot be read"),
    ],
)
def test_a_list_that_says_something_else_is_refused_though_it_is_signed(changes: dict[str, object], why: str) -> None:
    with pytest.raises(ModelError, match=why):
        opened(signed(changed_list(**changes)))


def test_a_list_that_is_no_text_or_names_a_file_twice_is_refused() -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        opened(signed(b"\xff\xfe"))
    files = json.loads(opened(packed()).files[LIST_NAME])["files"]
    with pytest.raises(ModelError, match="names a file twice"):
        opened(signed(changed_list(files=[*files, files[0]])))


def test_what_could_not_be_opened_is_not_packed() -> None:
    with pytest.raises(ModelError, match=r"model\.toml is missing or cannot be read"):
        packed({"smoke.onnx": NETWORK, "MODEL_CARD.md": b"x"})
    with pytest.raises(ModelError, match=r"model\.toml is missing or cannot be read"):
        packed({**FILES, "model.toml": b"= nothing"})
    with pytest.raises(ModelError, match=r"names the network smoke\.onnx"):
        packed({**FILES, "smoke.onnx": b"another"})
    with pytest.raises(ModelError, match=r"names the network smoke\.onnx"):
        packed({"model.toml": SHEET, "MODEL_CARD.md": b"x"})


@pytest.mark.parametrize("installed", ["0.3.0", "0.3.1", "0.10.0", "1.0.0"])
def test_a_model_never_goes_down_or_over_itself(installed: str) -> None:
    with pytest.raises(ModelError, match="only a higher one may replace it"):
        require_upgrade(MANIFEST, installed, "0.1.0", "smoke.fwmodel")


@pytest.mark.parametrize("installed", [None, "0.2.9", "0.2.10", "0.0.999"])
def test_a_higher_model_may_replace_a_lower_one_or_none(installed: str | None) -> None:
    require_upgrade(MANIFEST, installed, "0.1.0", "smoke.fwmodel")


def test_a_model_for_a_newer_program_is_refused() -> None:
    newer = msgspec.structs.replace(MANIFEST, least_edge_version="0.2.0")
    with pytest.raises(ModelError, match=r"needs firewatch-edge 0\.2\.0; this is 0\.1\.9: upgrade the program first"):
        require_upgrade(newer, None, "0.1.9", "smoke.fwmodel")


def test_a_locked_key_signs_with_its_passphrase_alone() -> None:
    locked = make_keys(b"long enough")
    assert b"ENCRYPTED" in locked.private_pem
    assert read_signing_key(locked.private_pem, "k", b"long enough").key_id == locked.key_id
    with pytest.raises(ConfigError, match="give the passphrase"):
        read_signing_key(locked.private_pem, "k")
    with pytest.raises(ConfigError, match="the passphrase is another"):
        read_signing_key(locked.private_pem, "k", b"wrong")


def test_only_ed25519_keys_are_taken_and_each_only_for_its_part() -> None:
    curve = generate_private_key(SECP256R1())
    private = curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = curve.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(ConfigError, match="allowed is Ed25519"):
        read_signing_key(private, "k")
    with pytest.raises(ConfigError, match="allowed is Ed25519"):
        read_trusted(public, "k")
    with pytest.raises(ConfigError, match="is no PEM private key"):
        read_signing_key(PAIR.public_pem, "k")
    with pytest.raises(ConfigError, match="towers get the public one"):
        read_trusted(PAIR.private_pem, "k")
    with pytest.raises(ConfigError, match="is no PEM public key"):
        read_trusted(b"ssh-ed25519 AAAA", "k")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_trusted(b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "k")


def test_an_installed_folder_is_intact_or_named_as_another_whoever_signed_it() -> None:
    files = dict(opened(packed()).files)
    assert intact(files, "folder") == opened(packed()).manifest
    assert intact({**files, SIGNATURE_NAME: b"of a key that is gone"}, "folder").version == "0.3.0"
    with pytest.raises(ModelError, match=r"smoke\.onnx is not the file that was signed"):
        intact({**files, "smoke.onnx": NETWORK[:-1] + b"?"}, "folder")
    with pytest.raises(ModelError, match="was not installed from a package"):
        intact(FILES, "folder")


def test_a_package_says_what_it_is_to_those_who_only_pass_it_on() -> None:
    assert read_unproved(packed(), "smoke.fwmodel").version == "0.3.0"
    with pytest.raises(ModelError, match="damaged or cut off"):
        read_unproved(packed()[:-30], "smoke.fwmodel")


def test_a_package_with_a_broken_self_test_is_neither_packed_nor_opened() -> None:
    with pytest.raises(ModelError, match=r"selftest\.json cannot be read"):
        packed({**FILES, "selftest.json": b"{}"})


@given(st.lists(st.tuples(*[st.integers(0, 999_999)] * 3), min_size=2, max_size=2))
def test_versions_are_compared_as_numbers(pair: list[tuple[int, int, int]]) -> None:
    one, other = (".".join(map(str, numbers)) for numbers in pair)
    assert is_higher(one, other) == (pair[0] > pair[1])


def test_what_is_no_version_is_below_all() -> None:
    assert is_higher("0.0.0", "1")
    assert not is_higher("nightly", "0.0.0")
    assert not is_higher("nightly", "1")
