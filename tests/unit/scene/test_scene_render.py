from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from firewatch.errors import InvalidValue
from firewatch.scene import (
    Air,
    Backdrop,
    Cover,
    Drop,
    ExposureStep,
    FogBank,
    Landscape,
    LowCloud,
    Plume,
    Sun,
    View,
    Weathering,
    Wind,
    make_backdrop,
    make_cover,
    render,
    smoke_layer,
)

CALM = Wind(2.0, 270.0)
CLEAR = Air(60_000.0, CALM, cloud_cover=0.0)
SUN = Sun(160.0, 50.0)
LEVEL = View(0.0, 0.0, 250.0, 0.0, 0.0, 50.0, 320, 180)


def _valley(ridge_m: float = 0.0, slope_from_m: float = 7000.0) -> Landscape:
    """Return flat ground at 100 m with a hillside in the north, and a ridge 3 km north of the eye."""
    north, _ = np.mgrid[-20:201, -100:101].astype(np.float32) * 100.0
    hillside = np.clip((north - slope_from_m) / 3000.0, 0.0, 1.0) * 700.0
    ridge = ridge_m * np.exp(-(((north - 3000.0) / 250.0) ** 2))
    return Landscape((100.0 + hillside + ridge).astype(np.float32), 100.0, -10_000.0, -2000.0)


def _plume(north_m: float = 8000.0, east_m: float = 0.0, wind: Wind = CALM) -> Plume:
    land = _valley()
    return Plume(east_m, north_m, land.elevation_at(east_m, north_m), 0.0, wind, seed=5)


@pytest.fixture(scope="module")
def cover() -> Cover:
    return make_cover(np.random.default_rng(1))


@pytest.fixture(scope="module")
def backdrop(cover: Cover) -> Backdrop:
    return make_backdrop(_valley(), cover, LEVEL, SUN, CLEAR, fineness=1)


@pytest.fixture(scope="module")
def cloudy(cover: Cover) -> Backdrop:
    return make_backdrop(_valley(), cover, LEVEL, SUN, replace(CLEAR, cloud_cover=0.5), fineness=1)


@pytest.mark.parametrize("name", ["crowns", "fields", "roofs", "fractal", "clouds"])
def test_a_cover_repeats_without_a_seam(cover: Cover, name: str) -> None:
    values = getattr(cover, name).values
    values = values.reshape(len(values), len(values), -1).astype(float)
    inside = np.abs(np.diff(values, axis=1)).mean(axis=(0, 2))
    across_edge = np.abs(values[:, 0] - values[:, -1]).mean()
    assert across_edge < inside.mean() + 6.0 * inside.std()


def test_a_backdrop_has_sky_above_ground_and_nearer_ground_lower(backdrop: Backdrop) -> None:
    assert np.isinf(backdrop.depth_m[0]).all()
    assert np.isfinite(backdrop.depth_m[-1]).all()
    middle = backdrop.depth_m[:, 160]
    ground = middle[np.isfinite(middle)]
    assert np.all(np.diff(ground) <= 1.0)
    assert ((backdrop.sky_part >= 0.0) & (backdrop.sky_part <= 1.0)).all()


def test_the_depth_of_flat_ground_is_that_of_the_plane(backdrop: Backdrop) -> None:
    row = 150
    slope = (row + 0.5 - 90.0) / LEVEL.focal_px
    # Trees may stand on it: the line of sight ends up to a tree's height above the ground.
    lowest, farthest = (150.0 - 14.0) / slope, 150.0 / slope
    assert lowest - 12.0 <= backdrop.depth_m[row, 160] <= farthest + 12.0


def test_the_same_arguments_give_the_same_frame(backdrop: Backdrop, cloudy: Backdrop) -> None:
    for scene in (backdrop, cloudy):
        first = render(scene, [_plume()], 200.0, seed=3)
        render(scene, [_plume()], 50.0, seed=3)
        again = render(scene, [_plume()], 200.0, seed=3)
        np.testing.assert_array_equal(first.image, again.image)
        assert first.truths == again.truths
        assert first.image.shape == (180, 320, 3)
        assert first.image.dtype == np.uint8


def test_without_smoke_and_clouds_only_the_grain_changes(backdrop: Backdrop) -> None:
    first, later = (render(backdrop, [], at_s).image.astype(int) for at_s in (0.0, 600.0))
    assert not np.array_equal(first, later)
    assert np.abs(first - later).max() <= 16
    assert abs((first - later).mean()) < 0.1


def test_clouds_and_their_shadows_move(cloudy: Backdrop) -> None:
    first, later = (render(cloudy, [], at_s).image.astype(int) for at_s in (0.0, 600.0))
    assert np.abs(first - later)[:80].mean() > 4.0
    assert np.abs(first - later)[120:].mean() > 1.2


def test_no_smoke_no_truth(backdrop: Backdrop) -> None:
    assert render(backdrop, [], 0.0).truths == ()
    (truth,) = render(backdrop, [replace(_plume(), ignited_at_s=500.0)], 400.0).truths
    assert truth.box is None
    assert not truth.visible
    assert truth.pixels == 0


@pytest.mark.parametrize("east_m", [-2000.0, 0.0, 2500.0])
def test_young_smoke_stands_over_its_fire(backdrop: Backdrop, east_m: float) -> None:
    plume = _plume(east_m=east_m)
    (truth,) = render(backdrop, [plume], 60.0).truths
    seen = LEVEL.pixel_of(plume.east_m, plume.north_m, plume.elevation_m)
    assert seen is not None
    assert truth.box is not None
    x0, y0, x1, y1 = truth.box
    assert x0 - 2.0 <= seen.x_px <= x1 + 2.0
    assert y0 <= seen.y_px <= y1 + 4.0


def test_smoke_grows_in_the_picture_and_becomes_visible(backdrop: Backdrop) -> None:
    truths = [render(backdrop, [_plume()], at_s).truths[0] for at_s in (20.0, 90.0, 240.0)]
    assert truths[0].pixels < truths[1].pixels < truths[2].pixels
    assert truths[0].peak_opacity < truths[2].peak_opacity
    assert not truths[0].visible
    assert truths[2].visible


@pytest.mark.parametrize(("from_deg", "sign"), [(270.0, 1.0), (90.0, -1.0)])
def test_smoke_leans_downwind(backdrop: Backdrop, from_deg: float, sign: float) -> None:
    layer = smoke_layer(backdrop, _plume(wind=Wind(4.0, from_deg)), 240.0)
    assert layer is not None
    columns = layer.opacity.sum(axis=0)
    centre = layer.patch.left + float((columns * np.arange(len(columns))).sum() / columns.sum())
    assert sign * (centre - 160.0) > 5.0


def test_the_box_encloses_what_stands_out(backdrop: Backdrop) -> None:
    still = replace(backdrop)
    clean = render(still, [], 240.0).image.astype(float)
    frame = render(still, [_plume()], 240.0)
    (truth,) = frame.truths
    assert truth.box is not None
    x0, y0, x1, y1 = (int(v) for v in truth.box)
    changed = np.abs(frame.image.astype(float) - clean).mean(axis=2) > 25.0
    outside = changed.copy()
    outside[y0 - 1 : y1 + 1, x0 - 1 : x1 + 1] = False
    assert changed.any()
    assert not outside.any()


def test_a_ridge_hides_smoke_behind_it(cover: Cover) -> None:
    hidden = make_backdrop(_valley(ridge_m=900.0), cover, LEVEL, SUN, CLEAR, fineness=1)
    (truth,) = render(hidden, [_plume()], 120.0).truths
    assert truth.pixels == 0
    assert not truth.visible


def test_haze_lowers_the_contrast_of_smoke(cover: Cover) -> None:
    peaks = []
    for visibility_m in (80_000.0, 20_000.0, 6000.0):
        hazy = make_backdrop(_valley(), cover, LEVEL, SUN, Air(visibility_m, CALM, 0.0), fineness=1)
        peaks.append(render(hazy, [_plume()], 120.0).truths[0].peak_contrast)
    assert peaks[0] > peaks[1] > peaks[2]


def test_haze_lowers_the_contrast_of_the_ground_with_distance(backdrop: Backdrop) -> None:
    spreads = []
    for near, far in ((1500.0, 4000.0), (8000.0, 12_000.0)):
        there = (backdrop.depth_m > near) & (backdrop.depth_m < far)
        spreads.append(float(backdrop.sunlit[there].mean()))
    assert spreads[0] > spreads[1]


def test_smoke_outside_the_picture_leaves_no_truth(backdrop: Backdrop) -> None:
    behind = Plume(0.0, -1500.0, 100.0, 0.0, CALM)
    aside = Plume(9000.0, 2000.0, 100.0, 0.0, CALM)
    frame = render(backdrop, [behind, aside], 200.0)
    assert [truth.box for truth in frame.truths] == [None, None]
    np.testing.assert_array_equal(frame.image, render(backdrop, [], 200.0).image)


def test_two_towers_see_one_fire_each_at_its_own_bearing(cover: Cover) -> None:
    plume = _plume()
    for east_m, azimuth_deg in ((-4000.0, 30.0), (4000.0, 330.0)):
        view = replace(LEVEL, east_m=east_m, azimuth_deg=azimuth_deg)
        scene = make_backdrop(_valley(), cover, view, SUN, CLEAR, fineness=1)
        (truth,) = render(scene, [plume], 75.0).truths
        seen = view.pixel_of(plume.east_m, plume.north_m, plume.elevation_m)
        assert seen is not None
        assert truth.box is not None
        assert truth.box[0] - 3.0 <= seen.x_px <= truth.box[2] + 3.0


def test_a_tilted_view_shows_the_same_skyline_in_another_row(cover: Cover) -> None:
    tilted = make_backdrop(_valley(), cover, replace(LEVEL, tilt_deg=-5.0), SUN, CLEAR, fineness=1)
    level = make_backdrop(_valley(), cover, LEVEL, SUN, CLEAR, fineness=1)
    skyline = [int(np.isinf(scene.depth_m[:, 160]).sum()) for scene in (level, tilted)]
    assert skyline[0] - skyline[1] == pytest.approx(LEVEL.focal_px * np.tan(np.radians(5.0)), abs=2.0)


def test_a_view_of_nothing_but_sky_renders(cover: Cover) -> None:
    scene = make_backdrop(
        _valley(), cover, replace(LEVEL, tilt_deg=30.0, hfov_deg=20.0), SUN, replace(CLEAR, cloud_cover=0.4)
    )
    assert np.isinf(scene.depth_m).all()
    assert render(scene, [], 10.0).image.mean() > 60.0


def test_fog_fills_valleys_and_leaves_the_crests(backdrop: Backdrop) -> None:
    clean = render(backdrop, [], 0.0).image.astype(int)
    foggy = render(backdrop, [], 0.0, weathering=Weathering(fog=FogBank(160.0, thickness=6.0))).image.astype(int)
    change = np.abs(foggy - clean).mean(axis=2)
    low = np.isfinite(backdrop.depth_m) & (backdrop.up_m < 110.0) & (backdrop.depth_m > 2000.0)
    high = np.isfinite(backdrop.depth_m) & (backdrop.up_m > 500.0)
    assert change[low].mean() > 12.0
    assert change[high].mean() < 3.0


def test_low_cloud_hides_the_crests_and_leaves_the_valleys(backdrop: Backdrop) -> None:
    clean = render(backdrop, [], 0.0).image.astype(int)
    capped = render(backdrop, [], 0.0, weathering=Weathering(low_cloud=LowCloud(500.0))).image.astype(int)
    change = np.abs(capped - clean).mean(axis=2)
    assert change[(backdrop.up_m > 700.0)].mean() > 15.0
    assert change[150:].mean() < 3.0


def test_an_exposure_step_changes_every_pixel_from_its_time_on(backdrop: Backdrop) -> None:
    steps = Weathering(steps=(ExposureStep(100.0, 0.6), ExposureStep(200.0, 1.3)))
    means = [render(backdrop, [], at_s, weathering=steps).image.mean() for at_s in (99.0, 100.0, 250.0)]
    assert means[1] < 0.85 * means[0]
    assert means[2] > 1.03 * means[0]


def test_a_drop_smears_only_its_place(backdrop: Backdrop) -> None:
    clean = render(backdrop, [], 0.0).image.astype(int)
    wet = render(backdrop, [], 0.0, weathering=Weathering(drops=(Drop(0.25, 0.8, 0.06),))).image.astype(int)
    change = np.abs(wet - clean).mean(axis=2)
    assert change[130:158, 70:90].mean() > 1.0
    assert change[:, 200:].max() == 0.0


def test_glare_brightens_the_side_of_the_sun(cover: Cover) -> None:
    scene = make_backdrop(_valley(), cover, LEVEL, Sun(25.0, 30.0), CLEAR, fineness=1)
    more = render(scene, [], 0.0, weathering=Weathering(glare=0.8)).image.astype(int) - render(scene, [], 0.0).image
    assert more[130:, 220:].mean() > more[130:, :100].mean() + 5.0


def test_a_low_sun_is_redder(cover: Cover) -> None:
    ratios = []
    for elevation_deg in (60.0, 6.0):
        scene = make_backdrop(_valley(), cover, LEVEL, Sun(160.0, elevation_deg), CLEAR, fineness=1)
        lit = scene.sunlit[150:].reshape(-1, 3).mean(axis=0)
        ratios.append(lit[2] / lit[0])
    assert ratios[1] > 1.3 * ratios[0]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Sun(400.0, 40.0),
        lambda: Sun(100.0, 0.0),
        lambda: Wind(-1.0, 0.0),
        lambda: Wind(1.0, 361.0),
        lambda: Air(10.0, CALM),
        lambda: Air(9000.0, CALM, cloud_cover=1.5),
        lambda: Air(9000.0, CALM, cloud_base_m=1.0),
        lambda: Air(9000.0, CALM, haze_depth_m=1.0),
        lambda: FogBank(9000.0),
        lambda: FogBank(100.0, thickness=-1.0),
        lambda: FogBank(100.0, patch_m=1.0),
        lambda: LowCloud(-5.0),
        lambda: ExposureStep(0.0, 0.0),
        lambda: Drop(2.0, 0.0, 0.1),
        lambda: Drop(0.0, 2.0, 0.1),
        lambda: Drop(0.0, 0.0, 0.9),
        lambda: Weathering(glare=-0.1),
    ],
)
def test_light_and_weather_that_cannot_be_are_refused(make: object) -> None:
    with pytest.raises(InvalidValue):
        make()  # type: ignore[operator]
