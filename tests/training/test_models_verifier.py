"""The verifier: what it compares, that it learns, and that ONNX answers like PyTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
import torch

from models.data.clip_samples import MASK_SIDE
from models.export_verifier import convert, load_run
from models.quantise import quantise_verifier
from models.training.device import choose_device
from models.training.run import Limits, Optimiser, Run, go_on
from models.training.verifier import VIEWS, Verifier, compare, loss, verifier_loss
from models.verifier_int8 import clip_loss

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from models.training.verifier_clips import ClipBatch

SIDE = 96


def clips_of(number: int, seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Draw noise that stands still; every second clip has a bright patch in the present only."""
    rng = np.random.default_rng(seed)
    still = rng.integers(60, 140, (number, 1, 3, SIDE, SIDE))
    clips = np.repeat(still, 5, axis=1)
    truth = np.arange(number) % 2
    clips[truth == 1, 0, :, 30:60, 40:70] += 70
    masks = np.zeros((number, MASK_SIDE, MASK_SIDE), np.float32)
    masks[truth == 1, 4:7, 5:8] = 1.0
    return (
        torch.from_numpy(clips.astype(np.uint8)),
        torch.from_numpy(truth.astype(np.float32)),
        torch.from_numpy(masks),
    )


def test_it_is_small_enough_for_a_tower() -> None:
    assert sum(p.numel() for p in Verifier().parameters()) <= 3_000_000


def test_a_view_that_stands_still_differs_in_nothing() -> None:
    clips, _, _ = clips_of(2, 0)
    views = compare(clips[:1])
    assert views.shape == (1, 3 * VIEWS, SIDE, SIDE)
    differences = views[:, 6:]
    assert torch.allclose(differences, torch.zeros_like(differences), atol=1e-5)


def test_what_is_new_shows_where_it_is_and_nowhere_else() -> None:
    clips, _, _ = clips_of(2, 0)
    beyond = compare(clips[1:])[:, 9:12]
    assert float(beyond[..., 35:55, 45:65].min()) > 0.5
    assert float(beyond[..., :25, :].abs().max()) < 1e-5


def test_light_that_changes_alone_shows_little_in_the_levelled_views() -> None:
    clips, _, _ = clips_of(2, 0)
    darker = clips[:1].clone()
    darker[:, 0] = (darker[:, 0].float() * 0.7).round().to(torch.uint8)
    views = compare(darker)
    assert float(views[:, 6:9].abs().mean()) > 0.3, "plain differences see the light"
    assert float(views[:, 18:21].abs().mean()) < 0.1, "levelled ones do not"


def test_the_middle_of_the_past_leaves_an_odd_frame_out() -> None:
    clips, _, _ = clips_of(2, 0)
    odd = clips[:1].clone()
    odd[:, 2] = 255
    assert torch.allclose(compare(odd)[:, 3:6], compare(clips[:1])[:, 3:6], atol=1e-5)


def test_where_nobody_knows_the_place_it_is_not_asked_for() -> None:
    logits, place = torch.zeros(2, 1), torch.randn(2, 1, MASK_SIDE, MASK_SIDE)
    unknown = torch.full((2, MASK_SIDE, MASK_SIDE), float("nan"))
    parts = loss(logits, place, torch.tensor([1.0, 1.0]), unknown).parts
    assert float(parts["where"]) == 0.0
    assert float(parts["whether"]) == pytest.approx(np.log(2.0))


def trained(folder: Path, steps: int) -> Run[Verifier]:
    torch.manual_seed(0)
    plan = Optimiser(batch=16, steps=40, peak_rate=3e-3, warmup_steps=4, weight_decay=0.0, average_decay=0.8)
    run = Run(Verifier(8), plan, folder, choose_device("cpu"), {"kind": "verifier"})
    run.resume()

    def stream() -> Iterator[ClipBatch]:
        while True:
            yield clips_of(16, run.done)

    go_on(run, stream(), verifier_loss(run.device), Limits(steps), steps)
    run.save()
    return run


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Verifier:
    return trained(tmp_path_factory.mktemp("learnt"), 40).average.net.eval()


def test_it_learns_what_is_new(learnt: Verifier) -> None:
    clips, truth, _ = clips_of(16, 999)
    with torch.no_grad():
        logits = learnt(clips)[:, 0]
    assert float(logits[truth == 1].min()) > float(logits[truth == 0].max())


def test_a_stopped_run_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    whole = trained(tmp_path / "whole", 6)
    trained(tmp_path / "parts", 3)
    parts = trained(tmp_path / "parts", 6)
    for name, weights in whole.net.state_dict().items():
        assert torch.equal(weights, parts.net.state_dict()[name]), name


def test_onnx_answers_like_pytorch_in_any_batch(tmp_path: Path) -> None:
    net = Verifier().eval()
    assert convert(net, tmp_path / "verify.onnx") < 1e-3
    assert (tmp_path / "verify.onnx").stat().st_size < 13_000_000


def test_in_eight_bits_it_still_tells_what_is_new(learnt: Verifier, tmp_path: Path) -> None:
    network, quantised = tmp_path / "verify.onnx", tmp_path / "verify.int8.onnx"
    convert(learnt, network)
    quantise_verifier(network, quantised, clips_of(8, 5)[0].numpy())
    clips, truth, _ = clips_of(20, 999)
    loss_ = clip_loss(network, quantised, clips.numpy(), truth.numpy() == 1)
    assert loss_.auroc == (1.0, 1.0)
    assert loss_.recall == (1.0, 1.0)
    assert 0.0 < loss_.difference < 2.0
    assert loss_.worst == 0.0
    model = onnx.load(str(quantised))
    made_by = {output: node.op_type for node in model.graph.node for output in node.output}
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    in_float = [node for node in convolutions if made_by.get(node.input[1]) != "DequantizeLinear"]
    assert in_float[0] is convolutions[0], "differences are small numbers: what first sees them stays exact"
    assert ["place" in node.name for node in in_float] == [False, True]
    assert not [node for node in model.graph.node if node.op_type == "QuantizeLinear" and "clips" in node.input[0]]


def test_a_run_is_read_back_by_the_export(tmp_path: Path) -> None:
    run = Run(
        Verifier(),
        Optimiser(batch=2, steps=1, peak_rate=1e-3, warmup_steps=1, weight_decay=0.0, average_decay=0.9),
        tmp_path,
        choose_device("cpu"),
    )
    run.save()
    clips, _, _ = clips_of(2, 3)
    with torch.no_grad():
        assert torch.equal(load_run(tmp_path)(clips), run.average.net(clips))
