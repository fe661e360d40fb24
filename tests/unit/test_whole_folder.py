"""A folder appears whole or not at all, however its making ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from firewatch.whole_folder import require_free, write_folder_whole, writing_whole_folder

if TYPE_CHECKING:
    from pathlib import Path


def test_a_folder_appears_with_everything_in_it(tmp_path: Path) -> None:
    write_folder_whole(tmp_path / "deep" / "new", {"a.txt": b"1", "b.txt": b"2"})
    assert sorted(path.name for path in (tmp_path / "deep" / "new").iterdir()) == ["a.txt", "b.txt"]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["new"]


def test_others_may_read_it_as_any_folder(tmp_path: Path) -> None:
    write_folder_whole(tmp_path / "new", {"a.txt": b"1"})
    (tmp_path / "usual").mkdir()
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_an_empty_folder_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    write_folder_whole(tmp_path / "new", {"a.txt": b"1"})
    assert (tmp_path / "new" / "a.txt").read_bytes() == b"1"


def test_a_folder_with_something_in_it_and_a_file_stay_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_bytes(b"x")
    (tmp_path / "file").write_bytes(b"y")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("full", "file", "link"):
        with pytest.raises(FileExistsError):
            write_folder_whole(tmp_path / name, {"a.txt": b"1"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "full", "link"]
    assert (tmp_path / "full" / "mine").read_bytes() == b"x"
    require_free(tmp_path / "other")


def test_one_that_is_filled_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    def write() -> None:
        with writing_whole_folder(tmp_path / "new") as beside:
            (beside / "a.txt").write_bytes(b"1")
            (tmp_path / "new").mkdir()
            (tmp_path / "new" / "theirs").write_bytes(b"2")

    with pytest.raises(OSError, match="not empty"):
        write()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["theirs"]
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_nothing_stays_where_its_making_fails(tmp_path: Path) -> None:
    def write() -> None:
        with writing_whole_folder(tmp_path / "new") as beside:
            (beside / "a.txt").write_bytes(b"1")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write()
    assert list(tmp_path.iterdir()) == []


def test_nothing_of_the_name_is_there_after_a_kill(tmp_path: Path) -> None:
    program = (
        "import sys, time, pathlib\nfrom firewatch.whole_folder import writing_whole_folder\n"
        "with writing_whole_folder(pathlib.Path(sys.argv[1]) / 'new') as beside:\n"
        "    (beside / 'a.txt').write_bytes(b'1')\n    print('half', flush=True)\n    time.sleep(60)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ.copy()) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "half\n"
        child.send_signal(signal.SIGKILL)
        child.wait(20)
    assert not (tmp_path / "new").exists()
    assert all(path.name.endswith(".part") for path in tmp_path.iterdir())
    write_folder_whole(tmp_path / "new", {"a.txt": b"1"})
