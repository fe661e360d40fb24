"""The training file: what it says is taken, what it must not say is refused with what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest
from training_frames import write_training_file

from models.training.settings import Settings, read_settings

ROOT = Path(__file__).parents[2]


def changed(folder: Path, old: str, new: str) -> Settings:
    path = write_training_file(folder, "plain")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return read_settings(path)


@pytest.mark.parametrize("name", ["train.toml", "train_gpu.toml", "train_gpu_more.toml", "train_nano.toml"])
def test_the_files_in_the_project_can_be_read(name: str) -> None:
    settings = read_settings(ROOT / "models" / "smoke" / name)
    for done in (0, settings.pretraining.steps):
        assert sum(settings.shares_at(done).values()) == pytest.approx(1.0, abs=0.1)


def test_what_is_given_stands_in_place_of_the_files(tmp_path: Path) -> None:
    settings = read_settings(write_training_file(tmp_path, "nano"), steps=7, made=[Path("a")], seed=9)
    assert (settings.kind, settings.optimiser.steps, settings.made, settings.seed) == ("nano", 7, (Path("a"),), 9)


def test_the_first_steps_may_have_shares_of_their_own(tmp_path: Path) -> None:
    stage = "[pretraining]\nsteps = 5\n[pretraining.shares]\nscene_clear = 1.0\n"
    settings = changed(tmp_path, "[shares]", f"{stage}[shares]")
    assert settings.shares_at(4) == {"scene_clear": 1.0}
    assert settings.shares_at(5) == settings.shares


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('kind = "plain"', 'kind = "huge"', "allowed are nano, plain"),
        ("scene_smoke", "sceen_smoke", "sceen_smoke; allowed are real_smoke"),
        ("scene_clear = 0.2", "made_clear = 0.2", "name either"),
        ("every_steps = 4\n", "every_steps = 0\n", "nothing would be mined"),
        ("size = [96, 64]", "size = [96, 65]", "multiples of 32"),
        ("seed = 3", "seed = 3\nsped = 4", "unknown key sped"),
        ("[loading]", "[loading]\nthreads = 2", "unknown key threads"),
        ("batch = 2", "bach = 2", "bach"),
        ("seed = 3\n", "", "seed"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        changed(tmp_path, old, new)
