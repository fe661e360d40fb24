"""`firewatch calibrate drift REFERENCE NOW`: whether a camera has turned since a picture."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from firewatch.cli.calibrate_pictures import add_pose_options, pose_on_map, read_picture

if TYPE_CHECKING:
    import argparse

    import numpy as np
    import numpy.typing as npt

    from firewatch.calibration.drift import Drift

__all__ = ["add_action", "run"]


def add_action(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the action."""
    parser = actions.add_parser(
        "drift",
        help="whether a camera has turned since a picture, in degrees",
        description="Find the landmarks of an older picture again in a new one of the same pose, and tell by how much "
        "the camera has turned since: azimuth, tilt, roll. Exits 1 where the turn is larger than the pose's sigma "
        "allows, or where nothing is recognised. A node watches its own picture too, and says so on the Nodes page.",
    )
    parser.add_argument("reference", type=Path, metavar="REFERENCE", help="the picture that was calibrated")
    parser.add_argument("now", type=Path, metavar="NOW", help="a new one, by day and clear")
    parser.add_argument("--landmarks", type=Path, metavar="FILE.json", help="of the reference: the places to compare")
    parser.add_argument("--sigmas", type=float, default=2.0, metavar="N", help="of the pose's azimuth, allowed (2)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_pose_options(parser)


def run(args: argparse.Namespace) -> int:
    """Measure and print; return 1 where the camera has turned."""
    from firewatch.calibration.drift import measure_drift

    where = pose_on_map(args)
    if where is None:
        print("firewatch calibrate drift: --tower is needed: it says which lens and sigma", file=sys.stderr)
        return 2
    reference, now = (_grey(path) for path in (args.reference, args.now))
    look = where.pose.calibration
    drift = measure_drift(reference, now, look, _places(args, reference), limit_sigmas=args.sigmas)
    print(_json(drift) if args.json else _words(drift))
    return 1 if drift.has_turned else 0


def _grey(path: Path) -> npt.NDArray[np.uint8]:
    import cv2
    import numpy as np

    return np.asarray(cv2.cvtColor(read_picture(path), cv2.COLOR_BGR2GRAY), np.uint8)


def _places(args: argparse.Namespace, reference: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    import numpy as np

    from firewatch.adapters.landmarks_json import read_landmarks
    from firewatch.calibration.drift import find_patches

    if args.landmarks is None:
        return find_patches(reference)
    pointed = read_landmarks(args.landmarks).pointed
    # The sun does not stay.
    return np.array([[one.x_px, one.y_px] for one in pointed if one.place is not None]).reshape(-1, 2)


def _json(drift: Drift) -> str:
    import msgspec

    return json.dumps({**msgspec.to_builtins(drift), "has_turned": drift.has_turned})


def _words(drift: Drift) -> str:
    verdict = (
        "TURNED: calibrate it anew, and correct its pose" if drift.has_turned else "as it was, as far as it matters"
    )
    known = f"sigma {drift.azimuth_sigma_deg:.3f}, allowed {drift.limit_deg:.2f}"
    return "\n".join(
        [
            f"azimuth {drift.azimuth_deg:+.3f} deg ({known})",
            f"tilt    {drift.tilt_deg:+.3f} deg",
            f"roll    {drift.roll_deg:+.3f} deg",
            f"{drift.found} of {drift.sought} landmarks found again and agree",
            verdict,
        ]
    )
