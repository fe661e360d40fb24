"""A training run: stopped and resumed it equals one that was not; its samples do not depend on who makes them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from training_frames import PATCH, write_frames, write_training_file

from models.data.frames import load_made
from models.training.checkpoint import read_checkpoint, write_checkpoint
from models.training.device import Precision, choose_device
from models.training.gather import gather, made_pools
from models.training.loader import Numbers, batches
from models.training.loop import begin, next_halt, train
from models.training.mining import Place, mine, pack, unpack
from models.training.run import LAST, Limits, Optimiser, Run, go_on
from models.training.samples import Windows, collate
from models.training.settings import Mining, read_settings

ROOT = Path(__file__).parents[2]
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("frames")
    write_frames(made)
    return made


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def trained(folder: Path, kind: str, run: Path, stops: list[int]) -> dict[str, Any]:
    settings = read_settings(write_training_file(folder, kind))
    for stop in stops:
        train(settings, begin(settings, run, CPU), Limits(stop))
    return read_checkpoint(run / LAST)


@pytest.mark.parametrize("kind", ["plain", "nano"])
def test_twice_ten_steps_equal_twenty_bit_for_bit(folder: Path, kind: str, tmp_path: Path) -> None:
    whole = trained(folder, kind, tmp_path / "whole", [20])
    parts = trained(folder, kind, tmp_path / "parts", [7, 10, 20])
    assert whole["done"] == parts["done"] == 20
    for state in ("net", "average"):
        assert all(torch.equal(whole[state][name], parts[state][name]) for name in whole[state])
    for mine_, theirs in zip(whole["optimiser"]["state"].values(), parts["optimiser"]["state"].values(), strict=True):
        assert all(torch.equal(torch.as_tensor(mine_[k]), torch.as_tensor(theirs[k])) for k in mine_)
    assert whole["history"] == parts["history"]
    assert [row["step"] for row in whole["history"]] == [8.0, 16.0, 20.0]
    assert whole["more"] == parts["more"]
    assert whole["more"]["mined"]["hard_negative"], "the run must have mined for this to mean anything"
    assert (tmp_path / "whole" / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_the_average_is_not_the_network_and_the_weights_have_moved(folder: Path, tmp_path: Path) -> None:
    settings = read_settings(write_training_file(folder, "plain"))
    run = begin(settings, tmp_path, CPU)
    before = {name: value.clone() for name, value in run.net.state_dict().items()}
    train(settings, run, Limits(5))
    moved = [name for name, value in run.net.state_dict().items() if not torch.equal(value, before[name])]
    assert "backbone.stem.conv.weight" in moved
    assert "backbone.stem.norm.running_mean" in moved
    assert any(not torch.equal(v, run.average.net.state_dict()[n]) for n, v in run.net.state_dict().items())


def test_samples_are_the_same_however_many_processes_make_them(folder: Path) -> None:
    settings = read_settings(write_training_file(folder, "plain"))
    windows = Windows(gather(settings), settings.shares, settings.recipe, settings.seed)
    made = [batches(windows, Numbers(2, 5), collate, workers) for workers in (0, 2)]
    for _ in range(3):
        (images, boxes, unsure), (other_images, other_boxes, other_unsure) = (next(stream) for stream in made)
        assert torch.equal(images, other_images)
        pairs = [*zip(boxes, other_boxes, strict=True), *zip(unsure, other_unsure, strict=True)]
        assert all(torch.equal(a, b) for a, b in pairs)


def test_a_window_aimed_at_a_mined_place_shows_it(folder: Path) -> None:
    settings = read_settings(write_training_file(folder, "plain"))
    frames = {"hard_negative": gather(settings)["scene_smoke"]}  # their bright patch can be seen in the window
    blank = {"hard_negative": [type(f)(f.path, "none", camera=f.camera) for f in frames["hard_negative"]]}
    x, y, w, h = PATCH
    place = Place(0, np.array([x, y, x + w, y + h], np.float32), 1.0)
    recipe = type(settings.recipe)(**{**vars_of(settings.recipe), "mined_share": 1.0, "mosaic_share": 0.0})
    aimed = Windows(blank, {"hard_negative": 1.0}, recipe, 1, {"hard_negative": [place]})
    shown = [aimed.piece((96, 64), np.random.default_rng(n)).image for n in range(20)]
    assert all((image > 150).mean() > 0.03 for image in shown)


def vars_of(recipe: Any) -> dict[str, Any]:
    return {name: getattr(recipe, name) for name in recipe.__slots__}


def test_mining_finds_where_a_network_is_wrong(folder: Path) -> None:
    frames = load_made([folder / "made"], "train")[:3]
    x, y, w, h = PATCH

    class Sees(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.unused = torch.nn.Parameter(torch.zeros(1))

        def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            scale = images.shape[-1] / 160
            boxes = torch.tensor([[x, y, x + w, y + h], [0, 0, 20, 20.0]]) * scale
            bright = images.float()[0, :, int(y * scale) : int((y + h) * scale), int(x * scale) : int((x + w) * scale)]
            return boxes[None], torch.tensor([[[float(bright.mean()) / 10], [-3.0]]])

    places = mine(Sees(), frames, Mining(1, frames=3, keep=4), (160, 96), [0])
    assert len(places) == 4
    assert [p.logit for p in places] == sorted((p.logit for p in places), reverse=True)
    assert places[0].box == pytest.approx([x, y, x + w, y + h])
    kept = unpack(pack({"hard_negative": places}), {"hard_negative": frames})["hard_negative"]
    assert [(p.number, p.logit) for p in kept] == [(p.number, p.logit) for p in places]
    assert not unpack(pack({"gone": places}), {})["gone"], "a pool that lost its frames loses its places"


def test_made_frames_go_to_the_pools_of_their_kind(folder: Path) -> None:
    pools = made_pools(load_made([folder / "made"], "train"))
    sizes = {kind: len(found) for kind, found in pools.items() if found}
    assert sizes == {"made_smoke": 4, "made_clear": 8, "scene_smoke": 4, "scene_clear": 4, "hard_negative": 4}


HANGS = """
import cv2, numpy as np
from models.training.loader import Numbers, batches
class Blurred:
    def __getitem__(self, number):
        return float(cv2.GaussianBlur(np.full((2000, 2000, 3), number, np.uint8), (0, 0), 3.0).mean())
source = Blurred()
source[1]
print(next(batches(source, Numbers(2, 0), list, 1)))
"""


def test_workers_that_are_forked_after_opencv_has_worked_go_on() -> None:
    told = subprocess.run(
        [sys.executable, "-c", HANGS], capture_output=True, text=True, check=True, timeout=100, cwd=ROOT
    )
    assert told.stdout.strip() == "[0.0, 1.0]"


def test_cameras_left_out_are_in_no_pool_and_the_run_says_so(folder: Path, tmp_path: Path) -> None:
    settings = read_settings(write_training_file(folder, "plain"))
    pools = gather(settings)
    assert {frame.camera for frame in pools["hard_negative"]} == {"hard"}
    fewer = replace(settings, without=("hard",))
    assert {kind: len(frames) for kind, frames in gather(fewer).items()} == {"scene_smoke": 4, "scene_clear": 4}
    assert begin(fewer, tmp_path, CPU).about["without"] == "hard"


def test_training_pauses_at_every_measure_and_mining_and_between_the_stages(folder: Path) -> None:
    settings = read_settings(write_training_file(folder, "plain"))
    assert [next_halt(settings, done) for done in (0, 3, 4, 15, 16, 19)] == [4, 4, 8, 16, 20, 20]


def test_a_run_of_other_settings_is_not_resumed(folder: Path, tmp_path: Path) -> None:
    settings = read_settings(write_training_file(folder, "plain"))
    train(settings, begin(settings, tmp_path, CPU), Limits(1))
    with pytest.raises(ValueError, match="take another --run"):
        begin(read_settings(write_training_file(folder, "plain"), seed=4), tmp_path, CPU)
    with pytest.raises(ValueError, match="holds a plain network"):
        begin(read_settings(write_training_file(folder, "nano")), tmp_path, CPU)


def test_a_broken_checkpoint_is_named(tmp_path: Path) -> None:
    (tmp_path / LAST).write_bytes(b"PK\x03\x04 not whole")
    with pytest.raises(ValueError, match=r"last\.pt cannot be read as a checkpoint"):
        read_checkpoint(tmp_path / LAST)


def test_a_checkpoint_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / LAST
    write_checkpoint(path, {"done": 1})
    with pytest.raises(Exception, match="pickle"):
        write_checkpoint(path, {"done": lambda: 2})
    assert read_checkpoint(path) == {"done": 1}
    assert [p.name for p in tmp_path.iterdir()] == [LAST]


def test_the_rate_rises_and_falls_to_two_per_cent() -> None:
    plan = Optimiser(1, 100, 1.0, 10, 0.0, 0.9)
    rates = [plan.rate(done) for done in range(101)]
    assert rates[:10] == pytest.approx([(n + 1) / 10 for n in range(10)])
    assert max(rates) == rates[10] == 1.0
    assert rates[100] == pytest.approx(0.02)
    assert all(a >= b for a, b in pairwise(rates[10:]))


def test_any_network_can_be_run(tmp_path: Path) -> None:
    """A line is fitted: what the detector's loop uses holds for networks that know nothing of smoke."""

    class Squared:
        def __init__(self, total: torch.Tensor) -> None:
            self.total, self.parts = total, {"squared": total}

    torch.manual_seed(0)
    run = Run(torch.nn.Linear(1, 1), Optimiser(4, 300, 0.05, 1, 0.0, 0.5), tmp_path, CPU, {"what": "line"})
    x = torch.linspace(-1, 1, 8)[:, None]
    go_on(
        run, iter([x] * 300), lambda net, batch: Squared(((net(batch) - 3 * batch - 1) ** 2).mean()), Limits(300), 300
    )
    assert run.average.net.weight.item() == pytest.approx(3, abs=0.05)
    assert run.average.net.bias.item() == pytest.approx(1, abs=0.05)


def test_a_device_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto") == CPU
    assert Precision(CPU).kind is None
    with pytest.raises(ValueError, match="--device cpu or auto"):
        choose_device("cuda")
    with pytest.raises(ValueError, match="auto, cpu, cuda"):
        choose_device("tpu")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_saves_the_run_and_ends_it_in_order(folder: Path, tmp_path: Path, number: int) -> None:
    path = write_training_file(folder, "plain")
    long = path.with_name("long.toml")
    long.write_text(path.read_text().replace("steps = 20", "steps = 100000").replace("workers = 0", "workers = 1"))
    command = [sys.executable, "-m", "models.train", "--config", str(long), "--run", str(tmp_path), "--device", "cpu"]
    found = os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "edge")))}
    with subprocess.Popen(command, cwd=ROOT, env=found, stdout=subprocess.PIPE, text=True) as program:
        deadline = time.monotonic() + 200
        while not (tmp_path / LAST).exists() and program.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)  # the first checkpoint comes with the first mining
        program.send_signal(number)
        said, _ = program.communicate(timeout=60)
    assert program.returncode == 0, said
    done = read_checkpoint(tmp_path / LAST)["done"]
    assert f"{done} of 100000 steps are done" in said
