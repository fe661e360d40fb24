"""The FBP System against published numbers, which every checkout has."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from firewatch.danger import FfmcFamily
from firewatch.danger.fbp import FBP_OUTPUTS, FbpMethod, InputPolicy, behaviour_table

GOLDEN = Path(__file__).resolve().parents[2] / "golden"


def published_cases() -> dict[str, list[str]]:
    """Return the columns of the report's cases; comments start with #."""
    with (GOLDEN / "danger_fbp_wotton_2009.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(line for line in stream if not line.startswith("#")))
    return {name: [row[name] for row in rows] for name in rows[0]}


def test_the_published_cases_of_2009_are_reproduced_to_their_last_printed_digit() -> None:
    table = published_cases()
    given = {name: texts for name, texts in table.items() if name not in {"ROS", "HFI", "CFB", "WSV", "RAZ", "FD"}}
    outputs = behaviour_table(given, method=FbpMethod(FfmcFamily.CLASSIC))
    # Besides half a unit: the report's program computes in single precision.
    for name, half, relative in (
        ("ROS", 5e-4, 1e-6),
        ("HFI", 5e-3, 1e-6),
        ("CFB", 5e-4, 1e-6),
        ("WSV", 5e-4, 3e-5),
        ("RAZ", 0.05, 1e-6),
    ):
        printed = np.array(table[name], dtype=float)
        miss = np.abs(outputs[name].astype(float) - printed) - (half + relative * np.abs(printed))
        assert miss.max() <= 0.0, (name, miss.argmax() + 1, outputs[name][miss.argmax()])
    assert outputs["FD"].tolist() == table["FD"]


# All outputs of cases 1 (C1), 9 (M1) and 13 (O1A) above, 20, 20 and 5 minutes from a point: printed by cffdrs 1.10.
PRINTED = """
CFB 0.646059861557681 0.779524133586673 0
CFC 0.48454489616826 0.342990618778136 0
HFI 3139.24895988818 6809.25387237968 40401.5391933927
RAZ 174.696447846561 0 40.7077852649217
ROS 5.55605501365294 13.2942195683364 134.671797311309
SFC 1.3988351592692 1.36433133353805 1
TFC 1.88338005543746 1.70732195231619 1
BE 1.03318240193305 0.945741609003176 1
SF 1.4370913349704 1.95302280490521 4.65446777462586
ISI 11.7871407051882 14.9118275691475 80.3556420287084
FFMC 90 90 95
FMC 93.3349 108.57 0
D0 161 147 0
RSO 1.04028335890129 6.72044983156286 0
CSI 436.555481410134 2750.67608420153 0
FROS 1.07665892690183 2.16084900195893 10.411456643741
BROS 0.00245966747547189 0.402661990941221 0.91052921557956
HROSt 4.99901136104261 11.3160617243109 58.8913210989569
FROSt 1.03210574894466 2.04789391220446 8.69341114345289
BROSt 0.0022130640578713 0.342746553876493 0.398169991603537
FCFB 0.00833147987646155 0 0
BCFB 0 0 0
FFI 453.838794938637 884.434200125099 3123.4369931223
BFI 1.0322008034403 164.809311319777 273.158764673868
FTFC 1.40508376917655 1.36433133353805 1
BTFC 1.3988351592692 1.36433133353805 1
TI 2.62117142869002 7.39298175442019 0
FTI 29.487012577435 0 0
BTI 0 0 0
LB 2.58137212363227 3.16932870988688 6.51120833358106
LBt 2.42282558265677 2.84653619230627 3.4100245641328
WSV 20.0859887285083 24.7525004998052 46.1713573945535
DH 67.6514361528716 147.090776291152 161.260539524354
DB 0.029949314174407 4.4551592160815 1.09029830661298
DF 13.9674489883893 26.619358629066 23.8049367061164
TROS 0.624912345838801 13.2942195683364 0.807178248360162
TROSt 0.638574584700675 11.3160617243109 1.32941170506139
TCFB 0 0.779524133586673 0
TFI 262.244808246212 6809.25387237968 242.153474508048
TTFC 1.3988351592692 1.70732195231619 1
TTI 0 7.39298175442019 0
"""


def test_all_outputs_of_three_cases_are_those_of_the_reference_program() -> None:
    table = published_cases()
    rows = [0, 8, 12]
    given: dict[str, Any] = {name: [texts[row] for row in rows] for name, texts in table.items()}
    given |= {"hr": ["0.333333333", "0.333333333", "0.083333333"], "Accel": [1, 1, 1], "FMC": ["", "", ""]}
    outputs = behaviour_table(given)
    assert outputs["FD"].tolist() == ["I", "I", "S"]
    told = dict(line.split(maxsplit=1) for line in PRINTED.split("\n") if line)
    assert ["FD", *told] != list(FBP_OUTPUTS)
    assert {"FD", *told} == set(FBP_OUTPUTS)
    for name, texts in told.items():
        np.testing.assert_allclose(outputs[name], np.array(texts.split(), float), rtol=1e-9, atol=1e-12, err_msg=name)


def test_without_a_table_there_is_the_reference_programs_default_case() -> None:
    # Printed by cffdrs 1.10 for no input at all, in four digits.
    table = behaviour_table({})
    printed = {"CFB": 0.8088, "CFC": 0.8088, "HFI": 8249.68, "RAZ": 180.0, "ROS": 8.331, "SFC": 2.492, "TFC": 3.301}
    for name, value in printed.items():
        assert table[name] == pytest.approx(value, abs=5e-3 if value > 100.0 else 5e-4), name
    assert table["FD"].tolist() == ["I"]


def test_a_table_comes_back_with_all_columns_in_order() -> None:
    table = behaviour_table({"id": ["a", "b"], "fueltype": ["C2", "WA"], "note": ["x", "y"]})
    assert list(table) == ["ID", *FBP_OUTPUTS]
    assert len(table) == 43
    assert table["ID"].tolist() == ["a", "b"]
    assert behaviour_table({"BUI": [60, 60]})["ID"].tolist() == [1, 2]


def test_the_reference_policy_replaces_what_is_missing_or_impossible() -> None:
    plain = behaviour_table({"FuelType": ["C2"] * 4, "FFMC": [90] * 4, "BUI": [60] * 4, "WS": [10] * 4})
    given_ = {"FuelType": ["", "NA", "C2", "c-2"], "FFMC": ["", "NA", None, " 90 "], "WS": ["nan", 10, "", "10"]}
    replaced = behaviour_table(given_)
    for name in FBP_OUTPUTS:
        np.testing.assert_array_equal(replaced[name], plain[name], err_msg=name)
    assert behaviour_table({"FFMC": [150, -1]})["FFMC"].tolist() == [0.0, 0.0]
    grass = behaviour_table({"FuelType": ["O1A", "O1A"], "cc": [0, 95]})
    assert grass["ROS"][0] == grass["ROS"][1]


def test_the_strict_policy_leaves_what_is_missing_missing() -> None:
    table = behaviour_table({"FFMC": [90.0, np.nan], "CBH": ["", ""]}, policy=InputPolicy.STRICT)
    assert np.isnan(table["ROS"]).tolist() == [False, True]
    assert table["FD"].tolist()[1] == "NA"
