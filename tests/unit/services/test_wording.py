"""What a phone shows: what, where, how dangerous, and the link, in both languages."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest

from firewatch.domain.geo import ErrorEllipse, Fix, Position
from firewatch.domain.ids import EvidenceId, StationId
from firewatch.domain.incident import BeliefChanged, Change, Incident, Located, Opened, Rated, fold
from firewatch.domain.sites import Name, SiteMap, Station
from firewatch.errors import StoreError
from firewatch.services.links import CallLinks
from firewatch.services.ports import SightingArrived, Words
from firewatch.services.wording import CatalogueWords, Voice
from firewatch.testing import (
    SCENE_START,
    FrozenClock,
    MemoryArrivals,
    MemoryEvidenceFiles,
    a_message_id,
    a_notification,
    a_rating,
    a_sighting,
    an_alert,
    an_event,
    an_evidence,
)
from firewatch.texts import Language, catalogue

LINKS = CallLinks(["a secret of the test only"], "https://fw.example.cn")
SITES = SiteMap((), (Station(StationId("hengyang"), Name("衡阳站", "Hengyang station"), Position(26.9, 112.6)),))
SEEN = a_sighting(1)


def _incident(*changes: Change) -> Incident:
    opened = an_event(1, Opened(SEEN.sighting_id, SEEN.tower_id))
    incident = fold([opened, *(an_event(number, change) for number, change in enumerate(changes, start=2))])
    assert incident is not None
    return incident


def _say(
    incident: Incident | None, language: Language = Language.EN, files: MemoryEvidenceFiles | None = None
) -> Words:
    book, files = MemoryArrivals(), files or MemoryEvidenceFiles()
    book.write([SightingArrived(a_message_id(1), SEEN, SCENE_START)])
    files.keep(an_evidence(1, sighting=SEEN))
    voice = Voice("衡阳应急", catalogue(language), timezone(timedelta(hours=8)))
    clock = FrozenClock()
    smith = CatalogueWords(voice=voice, sites=SITES, links=LINKS, book=book, files=files, clock=clock)
    return smith.words(an_alert(), incident, a_notification())


@pytest.mark.parametrize("language", list(Language))
def test_a_located_fire_is_told_with_place_error_danger_and_link(language: Language) -> None:
    fix = Fix(Position(26.94, 112.55), ErrorEllipse(240.0, 90.0, 10.0))
    words = _say(_incident(Located(fix), BeliefChanged(0.93, (("base", 2.6),)), Rated(a_rating(), 1200.0)), language)
    for part in ("12:00", "93", "26.9400", "112.5500", "240", words.link):
        assert part in words.text
    assert catalogue(language).pick(zh="衡阳站", en="Hengyang station") in words.text
    assert LINKS.read(words.link.rpartition("/")[2]) is not None
    assert words.facts["position"] == {"lat_deg": 26.94, "lon_deg": 112.55, "major_m": 240.0}
    assert words.facts["danger_station"] == "hengyang"
    assert words.crop_jpeg == an_evidence(1, sighting=SEEN).jpeg
    assert "{" not in words.text + words.subject


def test_an_unlocated_fire_without_rating_is_told_by_its_bearing() -> None:
    words = _say(_incident())
    assert "45°" in words.text
    assert "No fire danger rating" in words.text
    assert "80 %" in words.text
    assert words.facts["danger_grade"] is None


def test_a_picture_that_cannot_be_read_keeps_nobody_uninformed() -> None:
    class Broken(MemoryEvidenceFiles):
        def read(self, evidence_id: EvidenceId) -> bytes | None:
            raise StoreError(f"could not read the picture {evidence_id}: input/output error")

    words = _say(_incident(), files=Broken())
    assert words.crop_jpeg is None
    assert "45°" in words.text


def test_an_alert_without_an_incident_has_words_too() -> None:
    words = _say(None)
    assert words.text.startswith("衡阳应急: ")
    assert not words.link
