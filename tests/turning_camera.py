"""A turning camera that is drawn: a panorama, a head that takes its time, and what may go wrong with both."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

PX_PER_DEG = 10
HFOV_DEG = 64.0
DEG_PER_PAN = 180.0
_WIDE, _HIGH = 360 * PX_PER_DEG, 480


def make_panorama(seed: int = 3) -> npt.NDArray[np.uint8]:
    """Draw hills, fields and sky all round; nothing in it is brighter than 160."""
    rng = np.random.default_rng(seed)
    ground = np.zeros((_HIGH, _WIDE), np.float32)
    for size in (6, 18, 60):
        small = rng.normal(0.0, 1.0, (_HIGH // size + 1, _WIDE // size + 1)).astype(np.float32)
        ground += 14.0 * cv2.resize(small, (_WIDE, _HIGH), interpolation=cv2.INTER_CUBIC)
    along = np.arange(_WIDE) * 2.0 * np.pi / _WIDE
    ridge = 170 + sum(30.0 / k * np.sin(k * along * 3.0 + rng.uniform(0.0, 6.3)) for k in range(1, 9))
    is_sky = np.arange(_HIGH)[:, None] < ridge[None, :]
    grey = np.where(is_sky, 140.0, np.clip(75.0 + ground, 20.0, 130.0))
    return np.repeat(grey.astype(np.uint8)[:, :, None], 3, axis=2)


@dataclass
class TurningCamera:
    """A camera on a head; pan from -1 to 1 is a full turn, and pan 0 looks at azimuth 0.

    Parameters
    ----------
    speed : float
        Of the head, in units of pan a second.
    """

    speed: float = 2.0
    pan: float = 0.0
    tilt: float = 0.0
    zoom: float = 0.0
    # Faults: the motor does not turn and says so; it does not turn and says that it did; it stops short of the way.
    is_stuck: bool = False
    lies: bool = False
    slips_pan: float = 0.0
    is_foggy: bool = False
    writes: bool = True
    smoke_pans: list[float] = field(default_factory=list)
    sent: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._panorama = make_panorama()
        self._noise = np.random.default_rng(1)
        self._from, self._to = self.pan, self.pan
        self._told = self.pan
        self._left_s = time.monotonic()

    def send(self, pan: float, tilt: float, zoom: float) -> None:
        """Take a command to turn."""
        with self._lock:
            self.sent.append(pan)
            self.tilt, self.zoom = tilt, zoom
            self._told = pan
            if not (self.is_stuck or self.lies):
                self._turn(pan + self.slips_pan)

    def turn_by_hand(self, pan: float) -> None:
        """Turn as a person at the maker's own page does: no command of ours."""
        with self._lock:
            self._turn(pan)
            self._told = pan

    def halt(self) -> None:
        """Stop where it is."""
        with self._lock:
            self._turn(self._now())

    def status(self) -> tuple[float, float, float, bool]:
        """Return pan, tilt and zoom as told, and whether it says that it moves."""
        with self._lock:
            pan = self._now()
            return (self._told if self.lies else pan), self.tilt, self.zoom, not self.lies and pan != self._to

    def picture(self) -> npt.NDArray[np.uint8]:
        """Return what it sees (240, 320, 3)."""
        with self._lock:
            pan = self._now()
            noise = self._noise.normal(0.0, 1.5, (240, 320, 1)).astype(np.float32)
        if self.is_foggy:
            return np.repeat(np.clip(150.0 + noise, 0, 255).astype(np.uint8), 3, axis=2)
        wide = round(HFOV_DEG * PX_PER_DEG)
        left = round(pan * DEG_PER_PAN * PX_PER_DEG) - wide // 2
        view = np.take(self._panorama, np.arange(left, left + wide), axis=1, mode="wrap").astype(np.float32)
        for smoke in self.smoke_pans:
            middle = round(((smoke - pan + 1.0) % 2.0 - 1.0) * DEG_PER_PAN * PX_PER_DEG) + wide // 2
            if 100 <= middle <= wide - 100:
                view[60:260, middle - 100 : middle + 100] = 250.0
        small = cv2.resize(view, (320, 240), interpolation=cv2.INTER_AREA)
        shown = np.clip(small + noise, 0, 255).astype(np.uint8)
        if self.writes:
            for text, place in (("CAM-01 2026-04-05 12:00:00", (8, 18)), ("FIRE TOWER", (220, 232))):
                cv2.putText(shown, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.4, (235, 235, 235), 1)
        return shown

    def _turn(self, pan: float) -> None:
        self._from, self._to, self._left_s = self._now(), pan, time.monotonic()

    def _now(self) -> float:
        way = self._to - self._from
        done = self.speed * (time.monotonic() - self._left_s)
        self.pan = self._to if done >= abs(way) else self._from + np.sign(way) * done
        return float(self.pan)
