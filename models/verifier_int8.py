"""The verifier in eight bits: ranges from clips for training, and what it costs on clips held out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime

from models.data.clip_gather import gather_views
from models.data.clip_samples import ClipSource
from models.data.plume_series import PlumeSeries
from models.measures import auroc_of, recall_at_false_rate_of
from models.quantise import quantise_verifier
from models.sheet import digest

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from models.data.clip_samples import Clip

HELD_OUT_CLIPS = 300
# Of the clear clips so many may count, at which the recall is told.
FALSE_SHARE = 0.01
# Clips judged together: all at once would fill the memory.
TOGETHER = 16


@dataclass(frozen=True, slots=True)
class ClipLoss:
    """What eight bits cost on clips: largest difference of a logit, and measures before and after."""

    difference: float
    auroc: tuple[float, float]
    recall: tuple[float, float]

    @property
    def worst(self) -> float:
        """Return the largest fall of the measures."""
        return max(before - after for before, after in (self.auroc, self.recall))


@dataclass(frozen=True, slots=True)
class VerifierInEightBits:
    """The file in eight bits beside the one in float, how its ranges were set, and what it costs."""

    file: Path
    method: str
    clips: int
    loss: ClipLoss

    def section(self) -> str:
        """Write the section of model.toml."""
        return _SECTION.format(
            file=self.file.name,
            sha256=digest(self.file),
            method=self.method,
            clips=self.clips,
            difference=self.loss.difference,
            auroc=self.loss.auroc,
            recall=self.loss.recall,
            held_out=HELD_OUT_CLIPS,
        )


_SECTION = """
[temporal.int8]
# The same verifier in eight bits; as of [int8], for processors with eight-bit dot products only.
file = "{file}"
sha256 = "{sha256}"
ranges = "{method} of {clips} training clips"
# On {held_out} clips held out: the largest difference of a logit; AUROC and recall at 1 % false, float then int8.
largest_difference = {difference:.4f}
auroc = [{auroc[0]:.4f}, {auroc[1]:.4f}]
recall = [{recall[0]:.4f}, {recall[1]:.4f}]
"""


def in_eight_bits(network: Path, real: Path, clips: Path, number: int, method: str) -> VerifierInEightBits:
    """Write ``verify.int8.onnx`` beside a verifier, and measure it.

    Parameters
    ----------
    network : Path
        In float.
    real, clips : Path
        As of `gather_views`.
    number : int
        Of clips that set the ranges.
    method : str
        As of `quantise_verifier`.

    Returns
    -------
    VerifierInEightBits
        Its loss says whether it is worth shipping.
    """
    out = network.with_name(f"{network.stem}.int8.onnx")
    shown, _ = draw_clips(real, clips, number, held_out=False)
    quantise_verifier(network, out, shown, method)
    held, truth = draw_clips(real, clips, HELD_OUT_CLIPS, held_out=True)
    return VerifierInEightBits(out, method, len(shown), clip_loss(network, out, held, truth))


def draw_clips(
    real: Path, clips: Path, number: int, *, held_out: bool, seed: int = 7
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """Draw clips (n, 5, 3, 96, 96) from views for training or held out, and whether each shows smoke, half of them."""
    rng = np.random.default_rng(seed)
    views = gather_views(real, clips, rng, held_out=held_out)
    source = ClipSource(views, PlumeSeries.load(clips / "plumes.npz"), smoke_share=0.5, real_share=0.0)
    drawn = [source.draw(rng) for _ in range(number)]
    return np.stack([one.clip for one in drawn]), np.array([one.is_smoke for one in drawn], bool)


def clip_loss(network: Path, quantised: Path, clips: npt.NDArray[np.uint8], truth: npt.NDArray[np.bool_]) -> ClipLoss:
    """Compare a verifier in float with the same one in eight bits.

    Parameters
    ----------
    network, quantised : Path
    clips : array (n, 5, 3, 96, 96)
    truth : array (n,)
        Which of them show smoke.
    """
    before, after = (_judge(path, clips) for path in (network, quantised))
    return ClipLoss(
        difference=float(np.abs(before - after).max()),
        auroc=(auroc_of(truth, before), auroc_of(truth, after)),
        recall=(
            recall_at_false_rate_of(truth, before, FALSE_SHARE),
            recall_at_false_rate_of(truth, after, FALSE_SHARE),
        ),
    )


def _judge(network: Path, clips: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    session = onnxruntime.InferenceSession(str(network), providers=["CPUExecutionProvider"])
    parts: list[Clip] = [clips[at : at + TOGETHER] for at in range(0, len(clips), TOGETHER)]
    answers = [session.run(["logits"], {"clips": part})[0][:, 0] for part in parts]
    return np.concatenate(answers).astype(np.float64)
