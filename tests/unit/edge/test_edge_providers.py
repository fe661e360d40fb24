"""What computes the networks: by the settings, never silently another, and with the same numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
import pytest

from firewatch.errors import ModelError
from firewatch_edge.detect import (
    Detector,
    Eyes,
    Verifier,
    available_providers,
    load_spec,
    provider_in_use,
    shipped_model,
)
from firewatch_edge.detect.session import open_session

if TYPE_CHECKING:
    from pathlib import Path


def test_the_processor_is_always_there_and_what_auto_comes_to() -> None:
    assert available_providers()[0] == "cpu"
    assert provider_in_use("auto") == "cpu"
    assert provider_in_use("openvino") == "openvino"


@pytest.mark.parametrize("provider", ["cuda", "tensorrt"])
def test_a_provider_that_is_not_installed_is_refused_with_what_there_is(squares_model: Path, provider: str) -> None:
    assert provider not in available_providers()
    with pytest.raises(ModelError, match=rf"'{provider}' is not installed \(there is cpu.*onnxruntime-gpu"):
        Detector.load(squares_model, provider=provider)  # type: ignore[arg-type]  # one of its names


def test_without_its_package_openvino_is_refused_with_how_to_get_it(
    squares_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ModelError, match=r"there is cpu\): pip install firewatch-edge\[openvino\]"):
        Detector.load(squares_model, provider="openvino")


def test_a_provider_that_falls_back_to_the_processor_is_refused(
    squares_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ONNX Runtime lists CUDA where its package is there, and goes on without it where the card does not answer."""
    monkeypatch.setattr(
        onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"]
    )
    real = onnxruntime.InferenceSession
    monkeypatch.setattr(
        onnxruntime,
        "InferenceSession",
        lambda path, **kwargs: real(path, **kwargs | {"providers": ["CPUExecutionProvider"]}),
    )
    with pytest.raises(ModelError, match="'cuda' cannot be used here"):
        open_session(squares_model / "squares.onnx", 1, "cuda")


@pytest.fixture(scope="module")
def by_both() -> tuple[Eyes, Eyes]:
    pytest.importorskip("openvino", reason="the extra firewatch-edge[openvino] is not installed")
    cpu, openvino = (Eyes.load(shipped_model(), 1, provider=name) for name in ("cpu", "openvino"))
    return cpu, openvino


def test_openvino_finds_what_the_processor_finds(by_both: tuple[Eyes, Eyes]) -> None:
    rng = np.random.default_rng(4)
    image = np.kron(rng.integers(0, 255, (18, 32, 3), np.uint8), np.ones((40, 40, 1), np.uint8))
    cpu, openvino = (eyes.detector.scan(image) for eyes in by_both)
    np.testing.assert_allclose(openvino.scores, cpu.scores, atol=1e-3)
    np.testing.assert_allclose(openvino.logits, cpu.logits, atol=2e-3)
    sure = cpu.scores > 0.01
    np.testing.assert_allclose(openvino.boxes[sure], cpu.boxes[sure], atol=0.5)
    assert by_both[1].detector.provider == "openvino"


def test_openvino_judges_clips_as_the_processor_does(by_both: tuple[Eyes, Eyes]) -> None:
    clips = np.random.default_rng(5).integers(0, 255, (3, 5, 3, 96, 96), np.uint8)
    for count in (0, 1, 3):
        first, second = (eyes.verifier.logits(clips[:count]) for eyes in by_both if eyes.verifier)
        np.testing.assert_allclose(second, first, atol=1e-3)


def test_openvino_reads_the_small_models_of_the_tests_too(range_model: Path) -> None:
    pytest.importorskip("openvino", reason="the extra firewatch-edge[openvino] is not installed")
    spec = load_spec(range_model).temporal
    assert spec is not None
    verifier = Verifier.load(range_model, spec, 1, "openvino")
    assert verifier.logits(np.full((2, 5, 3, 96, 96), 60, np.uint8)) == pytest.approx([-10 / 3] * 2, abs=1e-4)
    with pytest.raises(ModelError, match="openvino cannot read it"):
        open_session(range_model / "model.toml", 1, "openvino")
