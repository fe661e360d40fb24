"""Installed models: whole or absent after every kill, and the node starts with one of them."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from model_packages import AT, PAIR, TRUSTED, packed, plain_files, sha256_of

from firewatch.errors import ModelError
from firewatch.wire.package_keys import make_keys, read_trusted
from firewatch_edge.update import SHIPPED, Installer, ModelShelf, roll_back_model
from firewatch_edge.update.state import passed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OLD, NEW = packed(plain_files("0.4.0")), packed(plain_files("0.5.0"))
NEW_NAME = f"0.5.0-{sha256_of(NEW)[:12]}"
OLD_NAME = f"0.4.0-{sha256_of(OLD)[:12]}"


@pytest.fixture
def shelf(tmp_path: Path) -> ModelShelf:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    for name, content in plain_files("0.3.0").items():
        (shipped / name).write_bytes(content)
    return ModelShelf(tmp_path / "models", shipped)


def installer(
    shelf: ModelShelf, try_out: Callable[[Path], str] = lambda _: "good", trusted: object = TRUSTED
) -> Installer:
    return Installer(shelf, trusted, try_out, "0.1.0", lambda: AT)  # type: ignore[arg-type]


def write(folder: Path, content: bytes) -> Path:
    path = folder / "some.fwmodel"
    path.write_bytes(content)
    return path


def proved(shelf: ModelShelf) -> None:
    shelf.change(passed)


def test_a_package_is_installed_switched_to_and_rolled_back(shelf: ModelShelf, tmp_path: Path) -> None:
    tried: list[Path] = []

    def try_out(folder: Path) -> str:
        assert shelf.state().current == SHIPPED, "not switched to before it was tried"
        tried.append(folder)
        return "3 pictures"

    done = installer(shelf, try_out).install(write(tmp_path, OLD), sha256_of(OLD))
    assert (done.version, done.name, done.signed_by, done.tried) == ("0.4.0", OLD_NAME, PAIR.key_id, "3 pictures")
    assert tried == [shelf.path_of(OLD_NAME)]
    state = shelf.state()
    assert (state.current, state.previous) == (OLD_NAME, SHIPPED)
    assert state.probation is not None
    assert shelf.manifest_of(OLD_NAME).version == "0.4.0"
    proved(shelf)
    installer(shelf).install(write(tmp_path, NEW))
    assert shelf.installed() == (OLD_NAME, NEW_NAME)
    assert roll_back_model(shelf, "too many alarms", AT).current == OLD_NAME
    assert roll_back_model(shelf, "again", AT).current == SHIPPED
    with pytest.raises(ModelError, match="nothing to go back to"):
        roll_back_model(shelf, "once more", AT)


def test_what_nobody_needs_any_more_is_deleted(shelf: ModelShelf, tmp_path: Path) -> None:
    newest = packed(plain_files("0.6.0"))
    for content in (OLD, NEW, newest):
        installer(shelf).install(write(tmp_path, content))
        proved(shelf)
    assert shelf.installed() == (NEW_NAME, f"0.6.0-{sha256_of(newest)[:12]}")
    assert roll_back_model(shelf, "to the first", AT, to_shipped=True).current == SHIPPED


def test_a_model_that_was_taken_back_comes_again_only_when_a_person_insists(shelf: ModelShelf, tmp_path: Path) -> None:
    installer(shelf).install(write(tmp_path, OLD))
    roll_back_model(shelf, "it fired on every cloud", AT)
    with pytest.raises(ModelError, match=r"was taken back on this node before \(it fired on every cloud\)"):
        installer(shelf).install(write(tmp_path, OLD))
    assert installer(shelf).install(write(tmp_path, OLD), again=True).name == OLD_NAME


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (OLD[:-100], "damaged or cut off"),
        (b"", "damaged or cut off"),
        (OLD.replace(b"a network", b"b network", 1), "not the file that was signed|damaged"),
        (packed(plain_files("0.3.0")), "only a higher one may replace it"),
        (packed(plain_files("0.2.9")), "only a higher one may replace it"),
        (packed(plain_files("0.4.0"), least_edge="0.9.0"), "upgrade the program first"),
    ],
    ids=["cut", "empty", "changed", "same", "older", "newer program"],
)
def test_what_is_refused_changes_nothing(shelf: ModelShelf, tmp_path: Path, content: bytes, why: str) -> None:
    with pytest.raises(ModelError, match=why):
        installer(shelf).install(write(tmp_path, content))
    assert shelf.state().current == SHIPPED
    assert shelf.installed() == ()


def test_a_strangers_package_another_hash_and_another_kind_of_model_are_refused(
    shelf: ModelShelf, tmp_path: Path
) -> None:
    strangers = read_trusted(make_keys().public_pem, "other.pub")
    with pytest.raises(ModelError, match="no trusted key signed it"):
        installer(shelf, trusted=strangers).install(write(tmp_path, OLD))
    with pytest.raises(ModelError, match="fetch it again"):
        installer(shelf).install(write(tmp_path, OLD), "0" * 64)
    with pytest.raises(ModelError, match="give a package"):
        installer(shelf).install(tmp_path / "none.fwmodel")
    fog = {**plain_files("0.4.0")}
    fog["model.toml"] = fog["model.toml"].replace(b'"squares"', b'"fog"')
    with pytest.raises(ModelError, match="is a model 'fog'; this node runs 'squares'"):
        installer(shelf).install(write(tmp_path, packed(fog, name="fog")))
    assert not shelf.folder.exists() or shelf.installed() == ()


def test_one_that_fails_its_test_leaves_nothing(shelf: ModelShelf, tmp_path: Path) -> None:
    def fails(_: Path) -> str:
        raise ModelError("m", "it sees nothing")

    with pytest.raises(ModelError, match="it sees nothing"):
        installer(shelf, fails).install(write(tmp_path, OLD))
    assert (shelf.installed(), shelf.state().current) == ((), SHIPPED)


def test_nothing_is_installed_over_a_probation_or_beside_another_installer(shelf: ModelShelf, tmp_path: Path) -> None:
    path = write(tmp_path, OLD)
    with shelf.installing(), pytest.raises(ModelError, match="another process works on the models"):
        installer(shelf).install(path)
    installer(shelf).install(path)
    with pytest.raises(ModelError, match=r"0\.4\.0 is on probation"):
        installer(shelf).install(write(tmp_path, NEW))


def test_a_disk_without_room_keeps_the_model_that_runs(
    shelf: ModelShelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = 150_000_000

    monkeypatch.setattr("firewatch_edge.update.installer.shutil.disk_usage", lambda _: Usage)
    with pytest.raises(ModelError, match="needs 200 MB free"):
        installer(shelf).install(write(tmp_path, OLD))
    monkeypatch.undo()
    full = OSError(28, "No space left on device")

    def refuse(*_: object) -> None:
        raise full

    monkeypatch.setattr("firewatch_edge.update.shelf.write_folder_whole", refuse)
    with pytest.raises(ModelError, match="No space left on device"):
        installer(shelf).install(write(tmp_path, OLD))
    monkeypatch.undo()
    monkeypatch.setattr(ModelShelf, "_write", refuse)
    with pytest.raises(ModelError, match="the model that ran goes on"):
        installer(shelf).install(write(tmp_path, OLD))
    assert (shelf.installed(), shelf.state().current) == ((), SHIPPED)


def test_a_damaged_state_and_a_damaged_folder_are_told_from_whole_ones(shelf: ModelShelf, tmp_path: Path) -> None:
    installer(shelf).install(write(tmp_path, OLD))
    network = shelf.path_of(OLD_NAME) / "smoke.onnx"
    network.write_bytes(network.read_bytes()[:-1] + b"?")
    with pytest.raises(ModelError, match="not the file that was signed"):
        shelf.check(OLD_NAME)
    (shelf.folder / "state.json").write_bytes(b'{"current": "0.4')
    assert shelf.state().current == SHIPPED
    installer(shelf).install(write(tmp_path, OLD))
    shelf.check(OLD_NAME)


# The process is killed at each of its steps on the disk in turn, as a power cut would do.
_KILLED = """
import json, os, shutil, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from firewatch.wire.package_keys import read_trusted
from firewatch_edge.update.installer import Installer, roll_back_model
from firewatch_edge.update.shelf import ModelShelf

top = Path(sys.argv[1])
STEPS = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.chmod"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
left = [None]

def step(event, args):
    if left[0] is not None and (event in STEPS or (event == "open" and (args[2] or 0) & WRITING)):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(step)
trusted = read_trusted((top / "bureau.pub").read_bytes(), "bureau.pub")

def installer(name):
    shelf = ModelShelf(top / name, top / "shipped")
    return Installer(shelf, trusted, lambda _: "good", "0.1.0", lambda: datetime.now(UTC))

base = installer("base")
base.install(top / "old.fwmodel")
base.shelf.change(lambda state: state.__class__(current=state.current, previous=state.previous))

def install(count):
    shutil.copytree(top / "base", top / f"models-{count}")
    left[0] = count
    given = installer(f"models-{count}")
    given.install(top / "new.fwmodel")
    roll_back_model(given.shelf, "a test's", datetime.now(UTC))

for count in range(400):
    child = os.fork()
    if child == 0:
        install(count)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if os.WIFEXITED(status):
        print(json.dumps({"steps": count, "code": os.WEXITSTATUS(status)}))
        break
"""


def test_a_node_that_is_killed_at_any_step_has_a_whole_model(shelf: ModelShelf, tmp_path: Path) -> None:
    (tmp_path / "old.fwmodel").write_bytes(OLD)
    (tmp_path / "new.fwmodel").write_bytes(NEW)
    (tmp_path / "bureau.pub").write_bytes(PAIR.public_pem)
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(tmp_path)], capture_output=True, text=True, check=True, timeout=120
    )
    told = json.loads(done.stdout)
    assert told["code"] == 0, done.stderr
    assert told["steps"] > 15, "installing touches the disk that often"
    seen = set()
    for count in range(told["steps"]):
        killed = ModelShelf(tmp_path / f"models-{count}", shelf.shipped)
        state = killed.state()
        killed.check(state.current)
        seen.add(state.current)
        assert state.current in {OLD_NAME, NEW_NAME}
        if state.current == NEW_NAME:
            killed.check(state.previous or SHIPPED)
        assert all(killed.manifest_of(name) for name in killed.installed()), "whole, or not under its name"
    assert seen == {OLD_NAME, NEW_NAME}
    # What was left lying is cleared away by the next installation.
    last = ModelShelf(tmp_path / "models-9", shelf.shipped)
    installer(last).install(write(tmp_path, NEW), again=True)
    left = {path.name for path in last.folder.iterdir()}
    assert left == {OLD_NAME, NEW_NAME, "state.json", "state.lock", "install.lock"}
