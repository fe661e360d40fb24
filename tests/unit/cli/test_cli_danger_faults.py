"""Every verb of `firewatch danger` against every fault of its input: named to the cell, and nothing written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from fwi_command import danger

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Sheet:
    """A verb with two good rows of its input; IN and OUT stand for the files."""

    command: str
    header: str
    rows: tuple[str, str]
    enough: bool = True  # whether two rows are enough for a result

    def spoilt(self, column: str, value: str) -> str:
        """Return the input with a cell of its second row changed; a column that is not there is added."""
        names, rows = self.header.split(","), [row.split(",") for row in self.rows]
        if column not in names:
            names.append(column)
            for cells in rows:
                cells.append(value)
        rows[1][names.index(column)] = value
        return "\n".join(",".join(cells) for cells in (names, *rows)) + "\n"


OWN = "station_id,date,lat_deg,temp_c,rh_pct,wind_kmh,rain_mm,max_temp_c,min_rh_pct,max_wind_ms"
OBSERVED = "station_id,observed_at,lat_deg,temp_c,rh_pct,wind_kmh,rain_mm"
DAILY = "id,lat,long,yr,mon,day,temp,rh,ws,prec"
DAYS = ("hy,26.9,112.6,2026,3,1,18,40,10,0", "hy,26.9,112.6,2026,3,2,19,38,12,1.2")
HOURS = "id,lat,long,timezone,yr,mon,day,hr,temp,rh,ws,prec,percent_cured"
EXTREMES = "id,lat,long,timezone,yr,mon,day,temp_min,temp_max,rh_min,rh_max,ws_min,ws_max,prec,percent_cured"
STATIONS = "id,lat_deg,lon_deg,temp_c,rh_pct,wind_kmh,rain_mm,ffmc_before,dmc_before,dc_before,fwi"
SHEETS = {
    "rate": Sheet("rate IN", OWN, ("hy,2026-03-01,26.9,18,40,10,0,22,30,5", "hy,2026-03-02,26.9,19,38,12,0,22,30,5")),
    "rate-hours": Sheet(
        "rate IN",
        OBSERVED,
        ("hy,2026-03-01T12:00:00+08:00,26.9,18,40,10,0", "hy,2026-03-02T12:00:00+08:00,26.9,18,40,10,0"),
    ),
    "rate-cffdrs": Sheet("rate IN --columns cffdrs", DAILY, DAYS),
    "fwi": Sheet("fwi IN OUT", DAILY, DAYS),
    "hourly": Sheet(
        "hourly IN OUT",
        HOURS,
        ("hy,26.9,112.6,8,2026,3,1,12,18,40,10,0,80", "hy,26.9,112.6,8,2026,3,1,13,18,40,10,0,80"),
    ),
    "hourly-1977": Sheet(
        "hourly IN OUT --system vw1977",
        HOURS,
        ("hy,26.9,112.6,8,2026,3,1,12,18,40,10,0,80", "hy,26.9,112.6,8,2026,3,1,13,18,40,10,0,80"),
    ),
    "hourly-minmax": Sheet(
        "hourly IN OUT --from minmax",
        EXTREMES,
        ("hy,26.9,112.6,8,2026,3,1,10,20,35,90,2,12,0,80", "hy,26.9,112.6,8,2026,3,2,10,20,35,90,2,12,0,80"),
    ),
    "hourly-noon": Sheet(
        "hourly IN OUT --from noon --utc-offset 8 --cured 80",
        DAILY,
        DAYS,
    ),
    "fbp": Sheet("fbp IN OUT", "id,FuelType,lat,long,ffmc,bui,ws,dj", ("1,C2,55,110,90,60,10,182",) * 2),
    "grade": Sheet(
        "grade IN OUT",
        "id,lat,date,temp_c,rh_pct,ws,prec,max_temp_c,min_rh_pct,max_wind_ms,fwi",
        ("hy,26.9,2026-03-01,18,40,10,0,22,30,5,10", "hy,26.9,2026-03-02,18,40,10,0,22,30,5,10"),
    ),
    "grade-limits": Sheet("grade IN OUT", "id,lat,yr,mon,day,fwi", ("hy,26.9,2026,3,1,10", "hy,26.9,2026,3,2,10")),
    "season": Sheet(
        "season IN OUT --rule temperature", "id,lat,yr,mon,day,tmax", ("hy,26.9,2026,3,1,20", "hy,26.9,2026,3,2,20")
    ),
    "plot": Sheet("plot IN OUT", "id,lat,yr,mon,day,prec,fwi", ("hy,26.9,2026,3,1,0,5", "hy,26.9,2026,3,2,0,5")),
    "surface": Sheet(
        "surface IN OUT --way weather --month 3",
        STATIONS,
        ("a,26.9,112.6,18,40,10,0,85,6,15,5", "b,27.0,112.7,18,40,10,0,85,6,15,6"),
    ),
    "occurrence": Sheet(
        "occurrence fit IN OUT",
        "date,place,fires,fwi,rh_pct,wind_kmh,rain_mm",
        ("2024-04-04,a,1,5,40,10,0", "2024-04-05,a,0,5,40,10,0"),
        enough=False,
    ),
}
WET, DRY = "0 to 100", "0 to 2000"
NOON = "10 to 14"
# By fault and verb: the column that is spoilt, what is written there, what is said to be allowed.
FAULTS = {
    "humidity": {
        **dict.fromkeys(("rate", "rate-hours", "surface", "occurrence"), ("rh_pct", "101", WET)),
        **dict.fromkeys(("rate-cffdrs", "fwi", "hourly", "hourly-1977", "hourly-noon"), ("rh", "101", WET)),
        "hourly-minmax": ("rh_max", "101", WET),
        "grade": ("min_rh_pct", "101", WET),
    },
    "rain": {
        **dict.fromkeys(("rate", "rate-hours", "surface", "occurrence"), ("rain_mm", "-1", DRY)),
        **dict.fromkeys(
            ("rate-cffdrs", "fwi", "hourly", "hourly-1977", "hourly-minmax", "hourly-noon", "grade"),
            ("prec", "-1", DRY),
        ),
        "plot": ("prec", "-1", "0 to"),
    },
    "wind unit": {
        **dict.fromkeys(
            ("rate-cffdrs", "fwi", "hourly", "hourly-1977", "hourly-minmax", "hourly-noon", "grade", "fbp"),
            ("ws_unit", "m/s", "km/h"),
        ),
        **dict.fromkeys(("surface", "occurrence"), ("wind_unit", "m/s", "km/h")),
    },
    "noon": {
        **dict.fromkeys(("rate-cffdrs", "fwi", "hourly-noon", "grade", "surface"), ("hr", "7", NOON)),
        "rate-hours": ("observed_at", "2026-03-02T07:00:00+08:00", "within 2 h of 12:00"),
    },
    "two readings": {
        **dict.fromkeys(("rate", "occurrence"), ("date", "2026-03-01", "one")),
        "grade": ("date", "2026-03-01", "row 2"),
        "occurrence": ("date", "2024-04-04", "one row"),
        **dict.fromkeys(
            ("rate-cffdrs", "fwi", "hourly-minmax", "hourly-noon", "season", "plot", "grade-limits"),
            ("day", "1", "row 2"),
        ),
        **dict.fromkeys(("hourly", "hourly-1977"), ("hr", "12", "row 2")),
        "surface": ("lat_deg", "26.9", "row 2"),
    },
    "gap": {
        "rate": ("date", "2026-03-04", "gap policy"),
        **dict.fromkeys(("rate-cffdrs", "fwi", "hourly-minmax", "hourly-noon"), ("day", "4", "day")),
        **dict.fromkeys(("hourly", "hourly-1977"), ("hr", "15", "no hour may be missing")),
    },
    "latitude": {
        **dict.fromkeys(("rate", "rate-hours"), ("lat_deg", "95", "-90 to 90")),
        "surface": ("lat_deg", "95", "-85 to 85"),
        **dict.fromkeys(
            (
                *("rate-cffdrs", "fwi", "hourly", "hourly-1977", "hourly-minmax", "hourly-noon", "grade"),
                *("grade-limits", "season", "plot", "fbp"),
            ),
            ("lat", "95", "-90 to 90"),
        ),
    },
    "missing": {
        **dict.fromkeys(("rate", "rate-hours"), ("temp_c", "", "needed")),
        **dict.fromkeys(
            ("rate-cffdrs", "fwi", "hourly", "hourly-1977", "hourly-noon"), ("temp", "", "reading is needed")
        ),
        "occurrence": ("rh_pct", "", "reading is needed"),
        "hourly-minmax": ("temp_max", "", "reading is needed"),
    },
    "no number": {
        **dict.fromkeys(("rate", "rate-hours", "surface"), ("temp_c", "1_8", "1_8")),
        "rate-cffdrs": ("temp", "1_8", "no number"),
        **dict.fromkeys(("fwi", "hourly", "hourly-1977", "hourly-noon"), ("temp", "1_8", "-60 to 60")),
        **dict.fromkeys(("grade", "grade-limits", "plot", "occurrence"), ("fwi", "1_8", "1_8")),
        "hourly-minmax": ("temp_max", "1_8", "-60 to 60"),
        "season": ("tmax", "1_8", "-60 to 60"),
        "fbp": ("ffmc", "1_8", "a number"),
    },
}
CELLS = [(verb, fault) for fault, verbs in FAULTS.items() for verb in verbs]


def _run(folder: Path, sheet: Sheet, text: str) -> tuple[int, Path]:
    given, out = folder / "in.csv", folder / ("out.png" if sheet.command[0] in "ps" else "out.csv")
    given.write_text(text, encoding="utf-8")
    out.write_text("before", encoding="utf-8")
    words = [{"IN": str(given), "OUT": str(out)}.get(word, word) for word in sheet.command.split()]
    return danger(*words), out


@pytest.mark.parametrize("verb", [name for name, sheet in SHEETS.items() if sheet.enough])
def test_the_good_rows_are_taken(tmp_path: Path, verb: str) -> None:
    sheet = SHEETS[verb]
    code, out = _run(tmp_path, sheet, "\n".join((sheet.header, *sheet.rows)))
    assert code == 0
    assert (out.read_bytes() == b"before") is (sheet.command.startswith("rate"))


@pytest.mark.parametrize(("verb", "fault"), CELLS, ids=[f"{verb}: {fault}" for verb, fault in CELLS])
def test_a_fault_is_named_to_the_cell_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str, fault: str
) -> None:
    column, value, allowed = FAULTS[fault][verb]
    sheet = SHEETS[verb]
    text = sheet.spoilt(column, value)
    if (verb, fault) == ("surface", "two readings"):
        text = text.replace("112.7", "112.6")
    code, out = _run(tmp_path, sheet, text)
    told = capsys.readouterr()
    first_bad = 2 if column not in sheet.header.split(",") else 3
    assert code == 1
    assert told.out == ""
    assert told.err.startswith(f"firewatch danger {' '.join(sheet.command.split(' IN')[0].split())}: ")
    assert f"in.csv row {first_bad} column {column}" in told.err
    assert allowed in told.err
    if fault not in {"two readings", "gap", "missing"}:
        assert (value.split("T")[-1][:5] if fault == "noon" else value) in told.err
    assert out.read_text(encoding="utf-8") == "before"
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


def test_every_verb_that_reads_a_table_is_here() -> None:
    # A calendar reads no readings; `occurrence apply` reads its days as `fit` does.
    assert {sheet.command.split()[0] for sheet in SHEETS.values()} == {
        *("rate", "fwi", "hourly", "fbp", "grade", "season", "plot", "surface", "occurrence")
    }
