"""The catalogue is whole: both languages, every key that anything asks for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from firewatch.domain.alert import NotifyReason
from firewatch.domain.danger import DangerGrade, WarningSignal
from firewatch.domain.incident import IncidentState, RejectReason
from firewatch.domain.scales import FireSizeGrade, ResponseLevel
from firewatch.errors import InvalidValue
from firewatch.texts import Language, catalogue

FIREWATCH = Path(__file__).resolve().parents[3] / "firewatch"
ZH, EN = catalogue(Language.ZH_CN), catalogue(Language.EN)
# A string that looks like a key, in Python, TypeScript and templates. The dotted names of files are none.
LITERAL = re.compile(r'"([a-z][a-z0-9_]*(?:\.[a-zA-Z0-9_]+)+)"')
FILE_NAMES = (".html", ".css", ".js", ".json", ".toml", ".gif", ".jpg")


def sources() -> list[Path]:
    web = FIREWATCH / "web"
    typescript = list((web / "frontend" / "src").rglob("*.ts*"))
    return [*web.glob("*.py"), *(web / "templates").glob("*.html"), *typescript, *(FIREWATCH / "services").glob("*.py")]


def literals(path: Path) -> set[str]:
    families = {key.partition(".")[0] for key in ZH.texts}
    # The names of log events are no texts.
    lines = [line for line in path.read_text("utf-8").splitlines() if "logger." not in line]
    found = {literal for line in lines for literal in LITERAL.findall(line)}
    return {one for one in found if one.partition(".")[0] in families and not one.endswith(FILE_NAMES)}


def test_both_languages_have_the_same_keys() -> None:
    assert set(ZH.texts) == set(EN.texts)


@pytest.mark.parametrize("key", sorted(ZH.texts))
def test_both_languages_name_the_same_facts(key: str) -> None:
    def facts(text: str) -> set[str]:
        return set(re.findall(r"\{(\w*)\}", text))

    assert facts(ZH.texts[key]) == facts(EN.texts[key])
    assert ZH.texts[key].strip()
    assert EN.texts[key].strip()


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.name)
def test_every_key_that_is_written_somewhere_exists(path: Path) -> None:
    assert literals(path) <= set(ZH.texts)


def test_the_search_for_keys_finds_keys() -> None:
    found = {literal for path in sources() for literal in literals(path)}
    assert {"queue.empty", "notify.subject", "call.accept", "error.csrf"} <= found


def test_every_word_of_the_domain_has_a_text() -> None:
    keys = [
        *(f"incident.state.{state.value}" for state in IncidentState),
        *(f"reject.{reason.value}" for reason in RejectReason),
        *(f"alert.reason.{reason.value}" for reason in NotifyReason),
        *(grade.text_key for grade in DangerGrade),
        *(signal.text_key for signal in WarningSignal),
        *(signal.level_key for signal in WarningSignal),
        *(level.text_key for level in ResponseLevel),
        *(size.text_key for size in FireSizeGrade),
        *(f"direction.{octant}" for octant in range(8)),
        *(f"nodes.status.{state}" for state in ("none", "online", "stopped", "lost", "stale")),
        *(f"danger.part.{part}" for part in ("a", "b", "c", "d", "e", "total", "ffmc", "dmc", "dc", "isi", "bui")),
        *(f"danger.mark.to_be_confirmed.{part}" for part in "abcde"),
    ]
    assert [key for key in keys if not ZH.has(key)] == []


def test_a_text_is_filled_with_its_facts() -> None:
    assert EN.text("queue.score", percent=87) == "Model 87%"


def test_an_unknown_key_says_so() -> None:
    with pytest.raises(InvalidValue, match=r"no\.such\.key"):
        EN.text("no.such.key")


def test_a_missing_fact_says_so() -> None:
    with pytest.raises(InvalidValue, match=r"queue\.score"):
        EN.text("queue.score")


def test_a_place_is_named_in_the_language() -> None:
    assert (ZH.pick(zh="南岳", en="Nanyue"), EN.pick(zh="南岳", en="Nanyue")) == ("南岳", "Nanyue")
