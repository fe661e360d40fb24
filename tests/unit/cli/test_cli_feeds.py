"""`firewatch feeds try` prints what a feed gives, with doubts and problems, and stores nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from firewatch.cli import main

if TYPE_CHECKING:
    from pathlib import Path

SITES = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [112.6, 26.9]},
            "properties": {"kind": "station", "id": "hengyang", "name_zh": "衡阳", "name_en": "Hengyang"},
        }
    ],
}
FEEDS = """
[centre]
sites = "sites.geojson"
[quality]
usual_temp_c = [-12.0, 43.0]
[[feeds]]
kind = "station-csv"
name = "own"
path = "hours.csv"
[[feeds]]
kind = "himawari"
path = "."
box_deg = [110.0, 26.0, 113.5, 28.0]
"""


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    now = datetime.now(UTC)
    (tmp_path / "sites.geojson").write_text(json.dumps(SITES), encoding="utf-8")
    rows = ["station_id,observed_at,temp_c,rh_pct,wind_kmh,rain_mm"]
    for back in range(60, 0, -1):
        at = (now - timedelta(hours=back)).replace(minute=0, second=0, microsecond=0)
        rows.append(f"hengyang,{at.isoformat()},{20 + back % 7},{40 + back % 5},{9 + back % 3},0")
    rows.insert(-3, rows[-3].replace(f",{20 + 3 % 7},", ",44.5,"))
    rows.append("hengyang,yesterday,1,1,1,1")
    (tmp_path / "hours.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (tmp_path / f"H09_{now:%Y%m%d_%H%M}_L2WLF010_FLDK.06001_06001.csv").write_text(
        "# a\n# ID,Year,Month,Day,Time(UTC),Lat,Lon,Area(km^2),Volcano,Level,Reliability,FRP(Wm^-2),QF,Hot(ID)\n"
        f"1,{now.year},{now.month},{now.day},0002,26.90,112.60,3.7,0,2,3,2.0,0,1\n"
        f"2,{now.year},{now.month},{now.day},0002,26.92,112.60,3.7,0,2,3,,0,1\n",
        encoding="ascii",
    )
    path = tmp_path / "central.toml"
    path.write_text(FEEDS, encoding="utf-8")
    return path


def test_the_table_shows_hours_noons_doubts_and_problems(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(settings.parent.iterdir())
    assert main(["feeds", "try", "--config", str(settings)]) == 0
    told = capsys.readouterr().out
    assert "== own" in told
    assert "STATION" in told
    assert "temp_c range: 44.5 deg C; -12 to 43 is usual here" in told
    assert "noons: " in told
    assert "problem: hours.csv row 63:" in told
    assert "hotspots: 2" in told
    assert "26.9000 N 112.6000 E  Himawari-9   nominal  7.4 MW" in told
    assert sorted(settings.parent.iterdir()) == before


def test_a_reading_of_a_time_to_come_is_told(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = settings.parent / "hours.csv"
    width = path.read_text(encoding="utf-8").splitlines()[0].count(",") - 1
    with path.open("a", encoding="utf-8") as file:
        file.write("hengyang,2190-01-01T12:00:00+08:00" + ",20" * width + "\n")
    assert main(["feeds", "try", "own", "--config", str(settings)]) == 0
    assert "problem: station hengyang: 1 readings of instants to come are left out" in capsys.readouterr().out


def test_json_holds_all_hours_of_the_one_feed_named(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feeds", "--config", str(settings), "try", "own", "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert (told["feed"], len(told["hours"]), told["forecasts"]) == ("own", 61, [])
    assert any(one["kind"] == "range" for row in told["hours"] for one in row["doubts"])
    assert told["noons"][0]["source"] == "own"
    assert "max_temp_c" in told["noons"][0]


def test_a_feed_that_gives_nothing_is_told_and_the_others_are_looked_at(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (settings.parent / "hours.csv").unlink()
    assert main(["feeds", "try", "--config", str(settings)]) == 1
    told = capsys.readouterr()
    assert "firewatch feeds: feed own:" in told.err
    assert "cannot be read: No such file" in told.err
    assert "hotspots: 2" in told.out


def test_no_feed_and_an_unknown_one_are_refused(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feeds", "try", "radar", "--config", str(settings)]) == 1
    assert "feed is 'radar'; allowed is one of the settings: own, himawari" in capsys.readouterr().err
    settings.write_text('[centre]\nsites = "sites.geojson"\n', encoding="utf-8")
    assert main(["feeds", "try", "--config", str(settings)]) == 1
    assert "has no [[feeds]] block" in capsys.readouterr().err


def test_check_config_names_the_feeds_and_warns_of_metar_alone(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (settings.parent / "roster.toml").write_text(
        '[[people]]\nid = "a"\nname = "A"\nrole = "officer"\nchannels = []\n', encoding="utf-8"
    )
    settings.write_text(
        '[centre]\nsites = "sites.geojson"\n[[feeds]]\nkind = "metar"\nstations = { hengyang = "ZGHY" }\n',
        encoding="utf-8",
    )
    assert main(["check-config", "--config", str(settings)]) == 0
    told = capsys.readouterr()
    assert "feeds: metar" in told.out
    assert "station hengyang has METAR alone" in told.err
