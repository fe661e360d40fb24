"""`python -m benchmarks.location --draws 350 --markdown FILE --json FILE --picture FILE`: the study of one fire."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks.location.country import make_country
from benchmarks.location.drawing import draw_pictures
from benchmarks.location.study_one_fire import Row, cases, run_case

_HEAD = (
    "| towers | lens | calibration | terrain | ours p50 / p90 | limit p50 / p90 | of range | in 50 % | in 90 % "
    "| cones p50 / p90 (located) | first tower suspected (another) | ms |"
)


def main() -> None:
    """Run the study and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=350, help="of each row; 350 take about 8 minutes on one core")
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--pictures", type=Path, help="a folder")
    args = parser.parse_args()
    start = time.process_time()
    country = make_country()
    rows = []
    for number, (name, case) in enumerate(cases()):
        rows.append(run_case(country, name, case, args.draws, args.seed + number))
        print(_line(rows[-1]), rows[-1].name, flush=True)
    text = _tables(rows)
    print(text)
    print(f"{time.process_time() - start:.0f} s of processor time")
    if args.markdown:
        args.markdown.write_text(text, encoding="utf-8")
    if args.json:
        args.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    if args.pictures:
        draw_pictures(country, rows, args.pictures)


def _tables(rows: list[Row]) -> str:
    parts = []
    for name in dict.fromkeys(row.name for row in rows):
        chosen = [row for row in rows if row.name == name]
        parts += [f"**{name}**", "", _HEAD, "|" + " --- |" * 12, *(_line(row) for row in chosen), ""]
    parts += [
        "**matched, all lenses and calibrations together**",
        "",
        "| towers | terrain | draws | in 50 % | in 90 % |",
    ]
    parts.append("| --- | --- | --- | --- | --- |")
    for terrain in (False, True):
        for towers in (1, 2, 3, 4):
            chosen = [r for r in rows if (r.name, r.towers, r.uses_terrain) == ("matched", towers, terrain)]
            if chosen:
                parts.append(_coverage(chosen))
    return "\n".join(parts) + "\n"


def _coverage(rows: list[Row]) -> str:
    draws = sum(row.draws for row in rows)
    in50, in90 = (sum(getattr(row, key) * row.draws for row in rows) / draws for key in ("covered50", "covered90"))
    first = rows[0]
    return f"| {first.towers} | {'yes' if first.uses_terrain else 'no'} | {draws} | {in50:.1%} | {in90:.1%} |"


def _line(row: Row) -> str:
    cones = "-" if row.towers == 1 else f"{row.cones_p50_m:.0f} / {row.cones_p90_m:.0f} m ({row.cones_located:.0%})"
    cells = (
        f"{row.towers}",
        f"{row.hfov_deg:.0f} deg",
        f"{row.calibration_deg:g} deg",
        "yes" if row.uses_terrain else "no",
        f"{row.p50_m:.0f} / {row.p90_m:.0f} m",
        f"{row.limit_p50_m:.0f} / {row.limit_p90_m:.0f} m",
        f"{row.relative_p50:.1%}",
        f"{row.covered50:.1%}",
        f"{row.covered90:.1%}",
        cones,
        f"{row.suspected:.0%} ({row.misnamed:.0%})",
        f"{row.ms:.1f}",
    )
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
