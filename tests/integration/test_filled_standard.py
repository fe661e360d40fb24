"""A standard that the bureau filled in, from the settings to the page; and a centre that changes from HTZ to it."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from filled_standard import write_fictitious
from web_centre import serving

from firewatch.bootstrap import build_clockwork, open_central
from firewatch.config import Secrets, read_config
from firewatch.domain.danger import HtzParts, SumParts
from firewatch.domain.ids import StationId
from firewatch.domain.weather import Forecast, Observation
from firewatch.page_wiring import build_web
from firewatch.services.ports import ObservationArrived
from firewatch.testing import a_message_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firewatch.bootstrap import Central

CONFIGS = Path(__file__).parents[2] / "configs"
STATION = StationId("nanyue")
DAY = timedelta(days=1)
SITES = (
    '{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": {"type": "Point", "coordinates": '
    '[112.7, 27.2]}, "properties": {"kind": "station", "id": "nanyue", "name_zh": "南岳", "name_en": "Nanyue"}}]}'
)


def last_noon() -> datetime:
    """Return the last noon that was, 12:00 at +8 h."""
    today = datetime.now(UTC).replace(hour=4, minute=0, second=0, microsecond=0)
    return today if datetime.now(UTC) >= today else today - DAY


NOON = last_noon()


def reading(ago: int) -> Observation:
    at = NOON - ago * DAY
    return Observation(STATION, at, 24.0, 40.0, 10.0, 6.0 if ago == 9 else 0.0, 26.0, 35.0, 5.0, source="own")


@contextlib.contextmanager
def centre(folder: Path, table: str) -> Iterator[Central]:
    path = folder / "central.toml"
    files = f'sites = "sites.geojson"\nroster = "{CONFIGS}/roster.toml"'
    path.write_text(f'[centre]\n{files}\n[danger]\ntable = "{table}"\n', encoding="utf-8")
    (folder / "sites.geojson").write_text(SITES, encoding="utf-8")
    central = open_central(read_config(path), Secrets(("a secret of the tests",)))
    try:
        yield central
    finally:
        central.store.close()


def opened(central: Central) -> dict[str, Any]:
    with serving(build_web(central)) as address, httpx.Client(base_url=address, timeout=10) as browser:
        answer = browser.get(f"/api/v1/danger/stations/{STATION}?lang=en")
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["opened"])


def test_a_centre_that_changes_its_standard_rates_all_days_anew_and_shows_the_new_parts(tmp_path: Path) -> None:
    write_fictitious(tmp_path / "ours.toml")
    first, last = (NOON - 9 * DAY).date(), NOON.date()
    with centre(tmp_path, "ly_t_1172_1995") as central:
        arrived = [ObservationArrived(a_message_id(ago), reading(ago), reading(ago).observed_at) for ago in range(10)]
        central.store.intake_writer.write(arrived)
        days = tuple(reading(-ahead) for ahead in range(1, 4))
        central.store.forecast_book.put([Forecast(STATION, "own", datetime.now(UTC) - timedelta(hours=1), days)])
        build_clockwork(central).keeper.step()
        before = central.store.rating_book.between(STATION, first, last)
        assert len(before) == 10
        assert all(isinstance(one.parts, HtzParts) for one in before)
        assert opened(central)["scheme"] == "LY/T 1172-1995"
    with centre(tmp_path, "ours.toml") as central:
        # Until the keeper has gone over the record, the stored days are shown as they were rated.
        old = opened(central)
        assert (old["scheme"], len(old["htz"]), old["limits"]) == ("LY/T 1172-1995", 5, "")
        build_clockwork(central).keeper.step()
        after = central.store.rating_book.between(STATION, first, last)
        assert [(one.weather_day, one.codes) for one in after] == [(one.weather_day, one.codes) for one in before]
        outlook = central.store.outlook_book.outlook(STATION)
        assert outlook is not None
        for one in (*after, *outlook.ratings):
            assert one.scheme == "TEST 1-2026"
            assert isinstance(one.parts, SumParts)
            assert "danger.mark.to_be_confirmed.heat" in one.marks
        new = opened(central)
    assert (new["scheme"], new["total"]) == ("TEST 1-2026", 5.0)
    assert [part["name"] for part in new["htz"]] == ["heat", "spell", "wet", "damp"]
    assert new["limits"].startswith("Total by grade: 1: ≤1")
