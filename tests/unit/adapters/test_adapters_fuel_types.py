"""Forest types as fuels: what ships, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from firewatch.adapters.fuel_types_toml import read_fuel_types
from firewatch.danger import FuelType
from firewatch.danger.forest_fuels import ForestFuel, ForestFuels, fuels_by_name
from firewatch.errors import ConfigError, InvalidValue

SHIPPED = Path(__file__).resolve().parents[3] / "configs" / "fuel_types.toml"
ENTRY = '[[fuel]]\nzh = "马尾松林"\nen = "Masson pine"\nfbp = "C3"\nks = 1.0\nreason = "pine"\n'


def pine(**changed: Any) -> ForestFuel:
    usual = {"name_zh": "松", "name_en": "pine", "fuel": FuelType.C3, "fuel_factor": 1.0, "reason": "pine"}
    return ForestFuel(**(usual | changed))


def test_the_shipped_table_has_the_forests_of_hunan_and_none_is_confirmed() -> None:
    fuels = read_fuel_types(SHIPPED)
    for name in (
        *("马尾松", "杉木", "湿地松", "毛竹", "油茶", "常绿阔叶林", "针阔混交", "灌木林", "草地", "农田", "采伐迹地"),
        *("Masson pine", "chinese fir", "SLASH PINE", "Moso  bamboo", "grass", "stubble"),
    ):
        assert fuels.find(name) is not None, name
    assert not any(fuel.is_confirmed for fuel in fuels.fuels)
    assert fuels.find("水域").fuel is FuelType.WA  # type: ignore[union-attr]
    # Values of Ks that public programs after Wang have; nothing in between is made up.
    assert {fuel.fuel_factor for fuel in fuels.fuels} <= {0.0, 0.7, 0.8, 1.0, 1.2, 1.6, 1.8, 2.0}
    assert fuels.find("baobab") is None


def test_a_row_may_use_any_of_the_names() -> None:
    fuels = ForestFuels((pine(other_names=("青松",)),))
    assert fuels.find("青松") is fuels.find(" P ine ") is fuels.find("松") is fuels.fuels[0]


def test_a_name_that_is_none_is_refused_with_its_row() -> None:
    with pytest.raises(
        InvalidValue, match=r"fuel type of row 2 is '猴面包树'; allowed is a fuel type of the FBP System, or 松"
    ):
        fuels_by_name({"FuelType": ["C2", "猴面包树"]}, ForestFuels((pine(),)))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('fbp = "C3"', 'fbp = "C9"', "fbp of 马尾松林: is 'C9'; allowed is C1, C2, "),
        ("ks = 1.0", "ks = 7.0", "fuel factor of 马尾松林: is 7.0; allowed is 0 to 5"),
        ("ks = 1.0", "ks = 0.0", "above 0 with C3"),
        ('fbp = "C3"', 'fbp = "NF"', "0 with NF"),
        ("ks = 1.0", 'ks = "one"', "Expected `float`"),
        ("ks = 1.0\n", "", "missing required field `ks`"),
        ("ks =", "sk =", "unknown field `sk`"),
        ('reason = "pine"', 'reason = " "', "some words"),
        ('reason = "pine"\n', 'reason = "pine"\nconifer_pct = 50.0\n', "left out with C3"),
        ('fbp = "C3"', 'fbp = "M1"\nconifer_pct = 150.0', "0 to 100"),
        ('fbp = "C3"', 'fbp = "O1A"\ncured_pct = -1.0', "0 to 100"),
        (ENTRY, ENTRY + ENTRY.replace("马尾松林", "杉木"), "one forest type a name; it already stands for 马尾松林"),
        (ENTRY, "fuel = []", "at least one"),
        ("[[fuel]]", "[[fuel", "forest types"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_with_its_name(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(ENTRY.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        read_fuel_types(path)
    assert str(path) in str(refused.value)
    assert said in str(refused.value)


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    with pytest.raises(ConfigError, match="cannot be read"):
        read_fuel_types(path)
    path.write_bytes("[[fuel]] # 松".encode("gb18030"))
    with pytest.raises(ConfigError, match="no text in UTF-8"):
        read_fuel_types(path)


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(ENTRY, encoding="utf-8-sig")
    assert read_fuel_types(path).fuels[0].name_en == "Masson pine"


@pytest.mark.parametrize("missing", ["name_zh", "name_en", "reason"])
def test_a_type_without_words_is_refused(missing: str) -> None:
    with pytest.raises(InvalidValue, match="some words"):
        pine(**{missing: ""})


def test_shares_go_with_their_fuels() -> None:
    assert pine(fuel=FuelType.M2, conifer_pct=70.0).conifer_pct == 70.0
    assert pine(fuel=FuelType.O1B, cured_pct=100.0).cured_pct == 100.0
