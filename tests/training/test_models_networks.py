"""The smoke networks: what is shipped computes what was trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from models.convert import TOLERANCE, convert, largest_difference, load_average
from models.training.assignment import assign, candidates
from models.training.checkpoint import write_checkpoint
from models.training.network import KINDS, SmokeNet, build, load_shipped, points, shipped_form, shipped_kind

SHIPPED = Path(__file__).parents[2] / "models" / "smoke" / "smoke.onnx"
SIZE = (96, 64)


def lived_in(kind: str) -> SmokeNet:
    """Return a network whose weights and running statistics are those of no start."""
    torch.manual_seed(1)
    net = build(kind)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, std=0.2)
            torch.nn.init.normal_(module.running_mean, std=0.2)
            torch.nn.init.uniform_(module.running_var, 0.3, 2.0)
    return net.eval()


@pytest.mark.parametrize("kind", KINDS)
def test_every_network_is_small_and_gives_a_box_and_a_logit_for_every_point(kind: str) -> None:
    net = build(kind).eval()
    assert sum(p.numel() for p in net.parameters()) <= 3_000_000
    with torch.no_grad():
        boxes, logits = net(torch.zeros(2, 3, 64, 96, dtype=torch.uint8))
    number = len(points(64, 96))
    assert boxes.shape == (2, number, 4)
    assert logits.shape == (2, number, 1)
    assert float(torch.sigmoid(logits).mean()) == pytest.approx(0.01, abs=0.005), "smoke starts rare"


def test_folding_batch_norms_keeps_the_function() -> None:
    net = lived_in("plain")
    folded = shipped_form(net)
    assert not [m for m in folded.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    images = torch.randint(0, 256, (2, 3, 64, 96), dtype=torch.uint8)
    with torch.no_grad():
        for before, after in zip(net(images), folded(images), strict=True):
            torch.testing.assert_close(after, before, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_the_shipped_file_equals_the_network_and_gives_its_weights_back(kind: str, tmp_path: Path) -> None:
    net, path = shipped_form(lived_in(kind)).eval(), tmp_path / "smoke.onnx"
    convert(net, SIZE, path)
    assert largest_difference(net, path, SIZE) <= TOLERANCE
    assert shipped_kind(path) == kind
    weights = load_shipped(path)
    assert all(torch.equal(weights[name], value) for name, value in net.state_dict().items())
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for batch in (1, 3):
        boxes, logits = session.run(["boxes", "logits"], {"images": np.zeros((batch, 3, 64, 96), np.uint8)})
        assert len(boxes) == len(logits) == batch


def test_a_checkpoint_is_exported_in_shipped_form_and_kinds_do_not_mix(tmp_path: Path) -> None:
    net = lived_in("plain")
    state = {"average": net.state_dict(), "done": 7, "about": {"kind": "plain", "is_folded": False}}
    write_checkpoint(tmp_path / "last.pt", state)
    mean, steps = load_average([tmp_path / "last.pt"])
    assert steps == 7
    expected = shipped_form(net).state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in mean.state_dict().items())
    other = {"average": lived_in("nano").state_dict(), "done": 7, "about": {"kind": "nano", "is_folded": False}}
    write_checkpoint(tmp_path / "nano.pt", other)
    with pytest.raises(ValueError, match="several kinds"):
        load_average([tmp_path / "last.pt", tmp_path / "nano.pt"])


def test_the_shipped_model_still_gives_its_weights() -> None:
    assert shipped_kind(SHIPPED) == "plain"
    build("plain", is_folded=True).load_state_dict(load_shipped(SHIPPED))


def test_points_answer_only_for_plumes_that_they_may_and_every_plume_gets_some() -> None:
    generator = torch.Generator().manual_seed(0)
    places = points(128, 192)
    for _ in range(30):
        corner = torch.rand(3, 2, generator=generator) * torch.tensor([140.0, 80.0])
        boxes = torch.cat((corner, corner + 8 + torch.rand(3, 2, generator=generator) * 40), dim=1)
        half = 8 + torch.rand(len(places), 2, generator=generator) * 20
        predicted = torch.cat((places[:, :2] - half, places[:, :2] + half), dim=1)
        owner = assign(places, predicted, torch.randn(len(places), generator=generator), boxes)
        may = candidates(places, boxes)
        owned = owner >= 0
        assert may[owned, owner[owned]].all()
        counts = torch.bincount(owner[owned], minlength=3)
        assert counts.max() <= 10
        assert owned.any()
    assert not (assign(places, predicted, torch.zeros(len(places)), torch.zeros(0, 4)) >= 0).any()
