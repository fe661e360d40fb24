"""`firewatch model`: from a folder to a package, and from a package to a folder that a tower can trust."""

from __future__ import annotations

import hashlib
import io
import json
import stat
from typing import TYPE_CHECKING

import pytest

from firewatch.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NETWORK = b"a network" * 100


@pytest.fixture
def firewatch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run(*words: str | Path) -> tuple[int, str, str]:
        code = main(["model", *map(str, words)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


@pytest.fixture
def key(firewatch: Callable[..., tuple[int, str, str]], tmp_path: Path) -> Path:
    assert firewatch("keygen", "--out", tmp_path / "bureau.key")[0] == 0
    return tmp_path / "bureau.key"


def a_model(folder: Path, version: str = "0.3.0") -> Path:
    folder.mkdir()
    sheet = f'name = "smoke"\nversion = "{version}"\nfile = "smoke.onnx"\n'
    sheet += f'sha256 = "{hashlib.sha256(NETWORK).hexdigest()}"\n'
    (folder / "model.toml").write_text(sheet)
    (folder / "smoke.onnx").write_bytes(NETWORK)
    (folder / "MODEL_CARD.md").write_text("# Card\n")
    (folder / "train.toml").write_text("seed = 1\n")
    return folder


@pytest.fixture
def package(firewatch: Callable[..., tuple[int, str, str]], key: Path, tmp_path: Path) -> Path:
    made, model = tmp_path / "smoke-0.3.0.fwmodel", a_model(tmp_path / "model")
    code, out, err = firewatch("pack", "--model", model, "--key", key, "--out", made, "--ungated", "a test's")
    assert (code, err) == (0, "")
    assert "train.toml" not in out
    return made


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_keys_are_made_once_and_the_private_one_for_its_owner_alone(
    firewatch: Callable[..., tuple[int, str, str]], key: Path
) -> None:
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_bytes(), key.with_suffix(".pub").read_bytes()
    code, _, err = firewatch("keygen", "--out", key)
    assert (code, "a name that is not taken" in err) == (1, True)
    assert (key.read_bytes(), key.with_suffix(".pub").read_bytes()) == before
    assert firewatch("keygen", "--out", key.with_suffix(".pem"))[0] == 1
    assert names(key.parent) == ["bureau.key", "bureau.pub"]


def test_a_package_is_proved_and_unpacked_as_it_was(
    firewatch: Callable[..., tuple[int, str, str]], package: Path, tmp_path: Path
) -> None:
    trust = tmp_path / "bureau.pub"
    code, out, _ = firewatch("verify", package, "--trust", trust)
    assert code == 0
    assert out.startswith("smoke 0.3.0: whole and signed by key ")
    assert "gate: none (a test's)" in out
    code, out, _ = firewatch("unpack", package, "--trust", trust, "--out", tmp_path / "there")
    assert code == 0
    assert names(tmp_path / "there") == ["MODEL_CARD.md", "manifest.json", "manifest.sig", "model.toml", "smoke.onnx"]
    assert (tmp_path / "there" / "smoke.onnx").read_bytes() == NETWORK
    assert firewatch("verify", tmp_path / "there", "--trust", trust)[0] == 0
    (tmp_path / "there" / "smoke.onnx").write_bytes(NETWORK[:-1] + b"?")
    code, _, err = firewatch("verify", tmp_path / "there", "--trust", trust)
    assert (code, "smoke.onnx is not the file that was signed" in err) == (1, True)


def test_a_changed_or_cut_package_or_another_key_writes_nothing(
    firewatch: Callable[..., tuple[int, str, str]], package: Path, tmp_path: Path
) -> None:
    content = package.read_bytes()
    changed, cut = tmp_path / "changed.fwmodel", tmp_path / "cut.fwmodel"
    changed.write_bytes(content.replace(b"a network", b"A network"))
    cut.write_bytes(content[: len(content) // 2])
    assert firewatch("keygen", "--out", tmp_path / "other.key")[0] == 0
    before = names(tmp_path)
    for given, trust in ((changed, "bureau.pub"), (cut, "bureau.pub"), (package, "other.pub"), (package, "bureau.key")):
        code, out, err = firewatch("unpack", given, "--trust", tmp_path / trust, "--out", tmp_path / "there")
        assert (code, out) == (1, "")
        assert err.startswith("firewatch model: ")
    assert names(tmp_path) == before


def test_a_downgrade_is_refused(firewatch: Callable[..., tuple[int, str, str]], package: Path, tmp_path: Path) -> None:
    words = ("verify", package, "--trust", tmp_path / "bureau.pub", "--installed")
    for version, expected in (("0.2.0", 0), ("0.3.0", 1), ("0.10.0", 1)):
        code, _, err = firewatch(*words, a_model(tmp_path / version, version))
        assert code == expected
        assert ("only a higher one may replace it" in err) == bool(expected)
    (tmp_path / "0.10.0" / "model.toml").write_text('name = "other"\nversion = "9.0.0"\n')
    assert firewatch(*words, tmp_path / "0.10.0")[0] == 0
    (tmp_path / "0.10.0" / "model.toml").write_text('name = "smoke"\n')
    assert "cannot be read" in firewatch(*words, tmp_path / "0.10.0")[2]
    assert "give the folder of the installed model" in firewatch(*words, tmp_path / "nowhere")[2]


def test_what_is_there_is_not_overwritten(
    firewatch: Callable[..., tuple[int, str, str]], key: Path, package: Path, tmp_path: Path
) -> None:
    before, model = package.read_bytes(), tmp_path / "model"
    code, _, err = firewatch("pack", "--model", model, "--key", key, "--out", package, "--ungated", "again")
    assert (code, "a new file that can be written" in err) == (1, True)
    assert package.read_bytes() == before
    code, _, err = firewatch("unpack", package, "--trust", tmp_path / "bureau.pub", "--out", model)
    assert (code, "give a new or empty folder" in err) == (1, True)
    assert "manifest.json" not in names(model)
    nowhere = tmp_path / "no" / "where.fwmodel"
    assert firewatch("pack", "--model", model, "--key", key, "--out", nowhere, "--ungated", "again")[0] == 1


def test_what_is_missing_is_named(
    firewatch: Callable[..., tuple[int, str, str]], key: Path, package: Path, tmp_path: Path
) -> None:
    trust, out = tmp_path / "bureau.pub", tmp_path / "new.fwmodel"
    for words, told in (
        (("verify", tmp_path / "no.fwmodel", "--trust", trust), "give a package"),
        (("verify", package, "--trust", tmp_path / "no.pub"), "`firewatch model keygen` makes one"),
        (("pack", "--model", tmp_path / "no", "--key", key, "--out", out), "give a model's folder"),
        (("pack", "--model", tmp_path / "model", "--key", tmp_path / "no.key", "--out", out), "keygen"),
        (("pack", "--model", tmp_path / "model", "--key", key, "--out", out), "--ungated"),
    ):
        code, _, err = firewatch(*words)
        assert code == 1
        assert told in err
    assert not out.exists()


def test_a_locked_key_asks_for_its_passphrase(
    firewatch: Callable[..., tuple[int, str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, model = tmp_path / "locked.key", a_model(tmp_path / "model")
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    assert "at least one character" in firewatch("keygen", "--out", key, "--passphrase")[2]
    monkeypatch.setattr("sys.stdin", io.StringIO("open sesame\n"))
    assert firewatch("keygen", "--out", key, "--passphrase")[0] == 0
    words = ("pack", "--model", model, "--key", key, "--out", tmp_path / "a.fwmodel", "--ungated", "a test's")
    monkeypatch.setattr("sys.stdin", io.StringIO("wrong\n"))
    assert "the passphrase is another" in firewatch(*words)[2]
    monkeypatch.setattr("sys.stdin", io.StringIO("open sesame\n"))
    assert firewatch(*words)[0] == 0


def test_pictures_that_were_scored_go_into_the_package(
    firewatch: Callable[..., tuple[int, str, str]], key: Path, tmp_path: Path
) -> None:
    model, made, scores = a_model(tmp_path / "model"), tmp_path / "tried.fwmodel", tmp_path / "scores.jsonl"
    picture = tmp_path / "hill.jpg"
    picture.write_bytes(b"\xff\xd8\xff a picture")
    scores.write_text(json.dumps({"image": str(picture), "score": 0.25, "smoke": False, "detections": []}) + "\n")
    words = ("pack", "--model", model, "--key", key, "--ungated", "a test's", "--self-test", scores)
    assert firewatch(*words, "--tolerance", "0.02", "--out", made)[0] == 0
    _, out, _ = firewatch("verify", made, "--trust", key.with_suffix(".pub"))
    assert "selftest-01.jpg" in out
    assert firewatch("unpack", made, "--trust", key.with_suffix(".pub"), "--out", tmp_path / "open")[0] == 0
    told = json.loads((tmp_path / "open" / "selftest.json").read_text())
    assert told["frames"] == [{"file": "selftest-01.jpg", "score": 0.25, "tolerance": 0.02}]
    # What was unpacked is packed again as it is, and a second set is refused.
    again = (
        "pack",
        "--model",
        tmp_path / "open",
        "--key",
        key,
        "--ungated",
        "a test's",
        "--out",
        tmp_path / "b.fwmodel",
    )
    assert firewatch(*again, "--self-test", scores)[0] == 1
    assert firewatch(*again)[0] == 0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"image": "/nowhere/a.jpg", "score": 0.5}', "run where `firewatch-edge detect` ran"),
        ("SMOKE 0.5 a.jpg", "is not what `firewatch-edge detect --json"),
        ('{"image": "a.jpg"}', "is not what `firewatch-edge detect --json"),
        ("", "makes no self-test set"),
    ],
)
def test_what_is_no_list_of_scores_is_refused(
    firewatch: Callable[..., tuple[int, str, str]],
    key: Path,
    tmp_path: Path,
    text: str,
    why: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff a picture")
    (tmp_path / "scores.jsonl").write_text(text)
    words = ("pack", "--model", a_model(tmp_path / "model"), "--key", key, "--ungated", "a test's")
    code, _, err = firewatch(*words, "--self-test", "scores.jsonl", "--out", tmp_path / "x.fwmodel")
    assert code == 1
    assert why in err
    assert not (tmp_path / "x.fwmodel").exists()
