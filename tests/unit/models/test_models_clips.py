"""Clips for the verifier: what is laid into them is new, in its place and of its size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firewatch_edge.detect import AGES_S, CLIP_FRAMES, CLIP_SIDE, Past
from models.data.clip_samples import (
    MASK_SIDE,
    TRICKS,
    ClipSource,
    lay_plume,
    loosened,
    passing,
    sunlight,
    swaying,
    veil,
)
from models.data.clip_views import ClipView, another
from models.data.plume_series import CANVAS, PlumeSeries, make_series, scaled

if TYPE_CHECKING:
    from pathlib import Path

NONE = np.zeros((0, 4), np.float32)


@pytest.fixture(scope="module")
def plumes() -> PlumeSeries:
    return make_series(np.random.default_rng(5), 12)


def hill(seed: int = 0, height: int = 360, width: int = 640) -> npt.NDArray[np.uint8]:
    """Draw a bright sky over a dark, rough ground."""
    rng = np.random.default_rng(seed)
    image = np.full((height, width, 3), 190, np.uint8)
    ground = 70 + 12 * rng.standard_normal((height - height // 2, width, 1))
    image[height // 2 :] = np.clip(ground, 0, 255).astype(np.uint8)
    return image


def view(camera: str = "a", **more: object) -> ClipView:
    image = hill()
    past = Past(tuple(hill() for _ in AGES_S), AGES_S, ((0.0, 0.0),) * len(AGES_S))
    return ClipView(image, past, NONE, NONE, camera, **more)  # type: ignore[arg-type]


def test_a_plume_is_young_before_it_is_old(plumes: PlumeSeries) -> None:
    totals = np.stack([plumes.optical(i).sum(axis=(1, 2)) for i in range(len(plumes))])
    assert (totals[:, 0] > 0.0).all()
    first = totals[:, -1] == 0.0
    assert first.any(), "some fires began within the last twelve minutes"
    assert not first.all(), "some burned before"
    # What burned at an earlier time burned at all later ones.
    assert ((totals[:, :-1] > 0.0) | (totals[:, 1:] == 0.0)).all()


def test_a_plume_lies_whole_on_its_canvas(plumes: PlumeSeries) -> None:
    assert (plumes.box[:, :2] >= 0.0).all()
    assert (plumes.box[:, 2:] <= CANVAS).all()
    assert (plumes.box[:, 2:] > plumes.box[:, :2]).all()
    assert plumes.depth[:, :, 0].max() == 0, "the canvas's edge cuts nothing off"


def test_plumes_survive_their_file(plumes: PlumeSeries, tmp_path: Path) -> None:
    plumes.save(tmp_path / "p.npz")
    again = PlumeSeries.load(tmp_path / "p.npz")
    assert np.array_equal(again.depth, plumes.depth)
    assert np.array_equal(again.box, plumes.box)


@pytest.mark.parametrize("scale", [0.3, 0.7, 1.0, 1.6])
def test_a_canvas_is_brought_to_its_place_and_size(scale: float) -> None:
    blob = np.zeros((CANVAS, CANVAS), np.float32)
    blob[54:74, 54:74] = 1.0
    there = scaled(blob, scale, 40.0, 50.0)
    assert there.sum() == pytest.approx(400.0 * scale**2, rel=0.05)
    rows, columns = np.mgrid[:CLIP_SIDE, :CLIP_SIDE] + 0.5
    assert (there * columns).sum() / there.sum() == pytest.approx(40.0, abs=0.1)
    assert (there * rows).sum() / there.sum() == pytest.approx(50.0, abs=0.1)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_smoke_changes_only_where_it_is(seed: int) -> None:
    rng = np.random.default_rng(seed)
    clip = np.ascontiguousarray(view().clips(np.array([[200, 150, 300, 250]], np.float32))[0])
    depths = np.zeros((CLIP_FRAMES, CLIP_SIDE, CLIP_SIDE), np.float32)
    depths[0, 30:60, 30:60] = 2.0
    laid = lay_plume(clip, depths, rng, least_change=0.0)
    assert laid is not None
    made, mask = laid
    assert np.array_equal(made[1:], clip[1:]), "the past is as it was"
    away = np.ones((CLIP_SIDE, CLIP_SIDE), bool)
    away[28:62, 28:62] = False
    assert np.array_equal(made[0][:, away], clip[0][:, away])
    assert mask.shape == (MASK_SIDE, MASK_SIDE)
    assert mask[5, 5] > 0.4
    assert mask[0, 0] == 0.0


def test_smoke_that_nobody_sees_is_refused() -> None:
    clip = np.ascontiguousarray(view().clips(np.array([[200, 150, 300, 250]], np.float32))[0])
    faint = np.full((CLIP_FRAMES, CLIP_SIDE, CLIP_SIDE), 1e-4, np.float32)
    assert lay_plume(clip, faint, np.random.default_rng(0)) is None


@pytest.mark.parametrize("trick", [sunlight, passing, swaying, veil])
def test_what_is_no_smoke_changes_a_clip_and_keeps_its_form(trick: object) -> None:
    clip = np.ascontiguousarray(view().clips(np.array([[200, 150, 300, 250]], np.float32))[0])
    changed = trick(clip, np.random.default_rng(3))  # type: ignore[operator]
    assert changed.shape == clip.shape
    assert changed.dtype == np.uint8
    assert not np.array_equal(changed, clip)


def test_something_that_passes_is_in_the_present_only() -> None:
    clip = np.ascontiguousarray(view().clips(np.array([[200, 150, 300, 250]], np.float32))[0])
    assert np.array_equal(passing(clip, np.random.default_rng(1))[1:], clip[1:])


def test_a_source_gives_both_answers_in_their_shares(plumes: PlumeSeries) -> None:
    source = ClipSource([view("a"), view("b")], plumes, smoke_share=0.5)
    rng = np.random.default_rng(0)
    samples = [source.draw(rng) for _ in range(120)]
    share = np.mean([sample.is_smoke for sample in samples])
    assert 0.35 < share < 0.65
    for sample in samples:
        assert sample.clip.shape == (CLIP_FRAMES, 3, CLIP_SIDE, CLIP_SIDE)
        assert sample.clip.dtype == np.uint8
        assert (np.nanmax(sample.mask) > 0.0) == sample.is_smoke


def test_real_smoke_is_shown_without_a_mask(plumes: PlumeSeries) -> None:
    burning = view("a", is_clear=False)
    burning = ClipView(
        burning.image, burning.past, np.array([[200, 150, 300, 250]], np.float32), NONE, "a", is_clear=False
    )
    source = ClipSource([view(), burning], plumes, smoke_share=1.0, real_share=1.0)
    sample = source.draw(np.random.default_rng(0))
    assert sample.is_smoke
    assert np.isnan(sample.mask).all()


def test_one_seed_gives_the_same_clips(plumes: PlumeSeries) -> None:
    source = ClipSource([view()], plumes)
    first, again = (source.draw(np.random.default_rng(9)) for _ in range(2))
    assert np.array_equal(first.clip, again.clip)


def test_a_busy_camera_does_not_rule(plumes: PlumeSeries) -> None:
    views = [view("busy") for _ in range(16)] + [view("rare")]
    source = ClipSource(views, plumes)
    assert source._weights[-1] == pytest.approx(4 * source._weights[0])


def test_shares_of_what_is_no_smoke_are_whole() -> None:
    assert sum(TRICKS.values()) == pytest.approx(1.0)


def test_another_minute_of_a_photograph_shows_the_same_place() -> None:
    image = hill()
    other = another(image, np.random.default_rng(2))
    assert other.shape == image.shape
    assert np.corrcoef(other.reshape(-1), image.reshape(-1))[0, 1] > 0.9


def test_loosened_boxes_stay_about_their_place() -> None:
    rng = np.random.default_rng(4)
    box = np.array([100, 100, 140, 120], np.float32)
    loose = np.stack([loosened(box, rng) for _ in range(300)])
    assert (loose[:, 2:] > loose[:, :2]).all()
    middle = ((loose[:, :2] + loose[:, 2:]) / 2).mean(axis=0)
    assert np.allclose(middle, [120.0, 110.0], atol=1.5)
