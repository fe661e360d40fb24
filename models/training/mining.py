"""Places without smoke that the network takes for smoke: later windows are aimed at them.

After hard-negative mining of detectors (Felzenszwalb et al. 2010, doi:10.1109/TPAMI.2009.167; Shrivastava et al. 2016,
arXiv:1604.03540), by places kept between steps rather than by losses within one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.training.watching import look_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from models.data.frames import Frame
    from models.training.settings import Mining
    from models.training.smoke_net import SmokeNet

# Places of one frame that are kept at most: a hard frame shall not fill the list.
MOST_IN_FRAME = 3


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A place without smoke that scored high.

    Parameters
    ----------
    number : int
        Of its frame in its pool.
    box : array (4,)
        x0, y0, x1, y1 in pixels of the stored image.
    logit : float
    """

    number: int
    box: npt.NDArray[np.float32]
    logit: float


def mine(
    net: SmokeNet, frames: Sequence[Frame], mining: Mining, size: tuple[int, int], seed: Sequence[int]
) -> list[Place]:
    """Look at some clear frames of a pool and return the places that score highest, highest first.

    Parameters
    ----------
    net : SmokeNet
    frames : sequence of Frame
        Without smoke.
    mining : Mining
    size : (width, height)
        That frames are letterboxed to [pixels].
    seed : sequence of int
        Of the draw of frames.
    """
    rng = np.random.default_rng(list(seed))
    numbers = rng.permutation(len(frames))[: mining.frames]
    looks = look_at(net, [frames[number] for number in numbers], size)
    places = [
        Place(int(number), np.asarray(box, np.float32), float(score))
        for number, look in zip(numbers, looks, strict=True)
        for box, score in zip(look.boxes[:MOST_IN_FRAME], look.scores, strict=False)
    ]
    return sorted(places, key=lambda place: -place.logit)[: mining.keep]


def pack(mined: Mapping[str, Sequence[Place]]) -> dict[str, Any]:
    """Return the places of each pool as what a checkpoint can hold."""
    return {kind: [[p.number, p.box.tolist(), p.logit] for p in places] for kind, places in mined.items()}


def unpack(packed: Mapping[str, Any], frames: Mapping[str, Sequence[Frame]]) -> dict[str, list[Place]]:
    """Return what `pack` was given, as far as the pools still have the frames."""
    return {
        kind: [Place(n, np.asarray(box, np.float32), z) for n, box, z in rows if n < len(frames.get(kind, ()))]
        for kind, rows in packed.items()
    }
