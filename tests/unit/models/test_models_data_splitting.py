"""A split never puts one camera or one sequence into two parts, whatever the order of the frames."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
from frame_folders import frame
from hypothesis import assume, given
from hypothesis import strategies as st

from firewatch.errors import DatasetError
from models.data import Frame, groups_of, shared_marks, split_frames
from models.data.splitting import _place

SHARES = {"train": 0.7, "val": 0.15, "test": 0.15}
BOX = [[1, 1, 9, 9]]


@st.composite
def many(draw: st.DrawFn) -> list[Frame]:
    views = st.tuples(st.integers(0, 11), st.integers(0, 14), st.booleans())
    told = draw(st.lists(views, min_size=1, max_size=60))
    return [
        frame(Path(f"{at}.png"), camera=f"c{c}" if c else "", sequence=f"s{s}" if s or not c else "", boxes=BOX * smoke)
        for at, (c, s, smoke) in enumerate(told)
    ]


def names(parts: dict[str, list[Frame]]) -> dict[str, list[str]]:
    return {part: [f.path.name for f in frames] for part, frames in parts.items()}


@given(frames=many())
def test_groups_share_no_camera_and_no_sequence_and_hold_every_frame_once(frames: list[Frame]) -> None:
    groups = groups_of(frames)
    assert shared_marks({str(at): group for at, group in enumerate(groups)}) == []
    assert sorted(f.path.name for group in groups for f in group) == sorted(f.path.name for f in frames)
    for group in groups:  # no group could be parted: its frames hang together
        reached, more = {group[0].path}, True
        while more:
            ties = {(kind, getattr(f, kind)) for f in group if f.path in reached for kind in ("camera", "sequence")}
            next_ = {f.path for f in group if any(getattr(f, kind) == name != "" for kind, name in ties)}
            more, reached = bool(next_ - reached), reached | next_
        assert reached == {f.path for f in group}


@given(frames=many(), seed=st.integers(0, 2**32 - 1))
def test_a_split_never_shares_a_group_and_loses_no_frame(frames: list[Frame], seed: int) -> None:
    assume(len(groups_of(frames)) >= len(SHARES))
    parts = split_frames(frames, SHARES, seed)
    assert list(parts) == list(SHARES)
    assert all(parts.values()), "no part is empty"
    assert shared_marks(parts) == []
    assert sorted(f.path.name for held in parts.values() for f in held) == sorted(f.path.name for f in frames)


@given(frames=many(), seed=st.integers(0, 99), data=st.data())
def test_any_order_of_the_frames_gives_the_same_split(frames: list[Frame], seed: int, data: st.DataObject) -> None:
    assume(len(groups_of(frames)) >= len(SHARES))
    other = data.draw(st.permutations(frames))
    assert names(split_frames(other, SHARES, seed)) == names(split_frames(frames, SHARES, seed))


def cameras(number: int, each: int = 4) -> list[Frame]:
    """Return frames of so many cameras, of different sizes; half of them saw smoke in half of their frames."""
    return [
        frame(Path(f"{c:03d}_{n:03d}.png"), camera=f"c{c}", boxes=BOX * (c % 2 == 0 and n % 2 == 0))
        for c in range(number)
        for n in range(each + c % 5)
    ]


def test_each_part_has_its_share_of_smoke_and_of_clear_frames() -> None:
    frames = cameras(60)
    smoke = sum(f.has_smoke for f in frames)
    parts = split_frames(frames, SHARES, 3)
    for part, share in SHARES.items():
        held = sum(f.has_smoke for f in parts[part])
        assert held == pytest.approx(share * smoke, abs=1.5)
        assert len(parts[part]) - held == pytest.approx(share * (len(frames) - smoke), abs=2.5)


def test_no_move_and_no_exchange_of_groups_would_come_nearer_to_the_shares() -> None:
    rng = np.random.default_rng(5)
    counts = rng.integers(1, 40, (14, 2)).astype(float)
    wanted = np.array([0.6, 0.25, 0.15])
    target = wanted[:, None] * counts.sum(axis=0)

    def off(placed: list[int]) -> float:
        held = np.array([counts[[at == part for at in placed]].sum(axis=0) for part in range(3)])
        return float((((held - target) / target) ** 2).sum())

    placed = [int(part) for part in _place(counts, wanted, rng.permutation(14))]
    best = off(placed)
    others = [[*placed[:g], part, *placed[g + 1 :]] for g in range(14) for part in range(3)]
    for a, b in itertools.combinations(range(14), 2):
        others.append([{a: placed[b], b: placed[a]}.get(g, part) for g, part in enumerate(placed)])
    assert all(off(other) >= best - 1e-9 for other in others if len(set(other)) == 3)


def test_shares_are_scaled_to_one_and_other_seeds_give_other_splits() -> None:
    frames = cameras(40)
    doubled = {part: 2 * share for part, share in SHARES.items()}
    assert names(split_frames(frames, doubled, 1)) == names(split_frames(frames, SHARES, 1))
    splits = {tuple(names(split_frames(frames, SHARES, seed))["test"]) for seed in range(8)}
    assert len(splits) > 4


def test_one_camera_with_most_of_the_frames_stays_whole() -> None:
    frames = [*cameras(4), *(frame(Path(f"big{n}.png"), camera="big") for n in range(500))]
    parts = split_frames(frames, {"a": 0.5, "b": 0.5}, 1)
    (where,) = [part for part, held in parts.items() if any(f.camera == "big" for f in held)]
    assert sum(f.camera == "big" for f in parts[where]) == 500
    assert all(parts.values())


def test_very_many_groups_are_split_by_moves_alone() -> None:
    frames = [frame(Path(f"{n:05d}.png"), camera=f"c{n}", boxes=BOX * (n % 3 == 0)) for n in range(1600)]
    parts = split_frames(frames, SHARES, 1)
    assert {part: len(held) for part, held in parts.items()} == {"train": 1120, "val": 240, "test": 240}


def test_too_few_groups_are_refused() -> None:
    frames = [frame(Path(f"{n}.png"), camera=f"c{n % 2}", sequence="") for n in range(50)]
    with pytest.raises(DatasetError, match=r"2 groups of frames .* for 3 parts \(train, val, test\): too few"):
        split_frames(frames, SHARES, 1)
    with pytest.raises(DatasetError, match="0 groups"):
        split_frames([], SHARES, 1)


def test_two_cameras_that_saw_one_fire_are_one_group() -> None:
    told = (("a", "s1"), ("b", "s1"), ("b", "s2"), ("c", "s3"))
    frames = [frame(Path(f"{n}.png"), camera=c, sequence=s) for n, (c, s) in enumerate(told)]
    assert [[f.camera for f in group] for group in groups_of(frames)] == [["a", "b", "b"], ["c"]]


def test_frames_of_no_known_camera_or_sequence_are_refused_for_they_may_be_of_one_view() -> None:
    frames = [*cameras(5), frame(Path("bare.png"))]
    with pytest.raises(DatasetError, match=r"1 frames have neither camera nor sequence \(first bare\.png\)"):
        split_frames(frames, SHARES, 1)


@pytest.mark.parametrize("share", [0.0, -0.1, math.nan, math.inf])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(DatasetError, match="each must be above 0"):
        split_frames(cameras(5), {"a": 1.0, "b": share}, 1)
    with pytest.raises(DatasetError, match="each must be above 0"):
        split_frames(cameras(5), {}, 1)
