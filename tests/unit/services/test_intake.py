"""What arrives is stored or quarantined, and receipted; nothing is lost and nothing harms the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firewatch.domain.ids import TowerId
from firewatch.errors import StoreError
from firewatch.services.intake import Intake, Retried
from firewatch.services.ports import Arrived
from firewatch.testing.builders import a_message_id, a_sighting, a_ulid, an_evidence, an_observation
from firewatch.testing.clocks import SCENE_START
from firewatch.testing.memory_intake import MemoryArrivals, MemoryEvidenceFiles
from firewatch.wire import codec
from firewatch.wire.v1 import VitalsV1

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firewatch.domain.vision import Sighting
    from firewatch.wire.v1 import ReceiptV1

TOWER = TowerId("tower-a")
SIGHTINGS = "firewatch/v1/towers/tower-a/cameras/north/sightings"
EVIDENCE = "firewatch/v1/towers/tower-a/cameras/north/evidence"
READINGS = "firewatch/v1/stations/hengyang/observations"


class Centre:
    def __init__(self) -> None:
        self.arrivals = MemoryArrivals()
        self.files = MemoryEvidenceFiles()
        self.intake = Intake(self.arrivals, self.files, self.arrivals)

    def take(self, *batch: Arrived) -> Mapping[TowerId, tuple[ReceiptV1, ...]]:
        return self.intake.take(batch)

    @property
    def reasons(self) -> list[str]:
        return [held.reason for held in self.arrivals.quarantined(100)[1]]


@pytest.fixture
def centre() -> Centre:
    return Centre()


def arrived(topic: str, payload: bytes) -> Arrived:
    return Arrived(topic, payload, SCENE_START)


def sent(sighting: Sighting, message: int = 1, topic: str = SIGHTINGS) -> Arrived:
    return arrived(topic, codec.encode_sighting(sighting, a_message_id(message)))


def outcomes(receipts: Mapping[TowerId, tuple[ReceiptV1, ...]]) -> dict[str, str]:
    return {receipt.message_id: receipt.outcome for of_tower in receipts.values() for receipt in of_tower}


def test_a_sighting_is_stored_and_receipted(centre: Centre) -> None:
    receipts = centre.take(sent(a_sighting(1)))
    (stored,) = centre.arrivals.sightings([a_sighting(1).sighting_id])
    assert (stored.sighting, stored.received_at) == (a_sighting(1), SCENE_START)
    assert list(receipts) == [TOWER]
    assert outcomes(receipts) == {a_message_id(1): "stored"}


def test_a_late_sighting_comes_by_backfill_as_well(centre: Centre) -> None:
    receipts = centre.take(sent(a_sighting(1), topic=SIGHTINGS.replace("sightings", "backfill")))
    assert outcomes(receipts) == {a_message_id(1): "stored"}
    assert centre.arrivals.last_mark() == 1


def test_a_message_taken_again_gives_its_receipt_again_and_is_stored_once(centre: Centre) -> None:
    once = centre.take(sent(a_sighting(1)), sent(a_sighting(1)))
    again = centre.take(sent(a_sighting(1)))
    assert once == again
    assert centre.arrivals.last_mark() == 1


def test_a_pictures_file_is_kept_and_it_may_come_before_its_sighting(centre: Centre) -> None:
    evidence = an_evidence(1)
    receipts = centre.take(arrived(EVIDENCE, codec.encode_evidence(evidence, a_message_id(2))))
    assert outcomes(receipts) == {a_message_id(2): "stored"}
    assert centre.files.read(evidence.evidence_id) == evidence.jpeg
    assert [picture.evidence_id for picture in centre.arrivals.pictures([evidence.sighting_id])] == [
        evidence.evidence_id
    ]


def test_no_picture_gets_a_row_or_a_receipt_before_its_file_is_kept(centre: Centre) -> None:
    centre.files.fails = True
    evidence = an_evidence(1)
    picture = arrived(EVIDENCE, codec.encode_evidence(evidence, a_message_id(2)))
    assert centre.take(picture) == {}
    assert centre.arrivals.pictures([evidence.sighting_id]) == ()
    centre.files.fails = False
    assert outcomes(centre.take(picture)) == {a_message_id(2): "stored"}


def test_a_full_disk_of_pictures_holds_up_no_sighting(centre: Centre, caplog: pytest.LogCaptureFixture) -> None:
    centre.files.fails = True
    picture = arrived(EVIDENCE, codec.encode_evidence(an_evidence(1), a_message_id(2)))
    assert outcomes(centre.take(picture, sent(a_sighting(1)), picture)) == {a_message_id(1): "stored"}
    assert centre.arrivals.last_mark() == 1
    assert {one.getMessage() for one in caplog.records if one.levelname == "ERROR"} == {"evidence.not_kept"}


def test_a_picture_leaves_the_quarantine_only_when_its_file_is_kept(centre: Centre) -> None:
    from firewatch.services.ports import Quarantined

    picture = arrived(EVIDENCE, codec.encode_evidence(an_evidence(1), a_message_id(2)))
    centre.arrivals.write([Quarantined(None, EVIDENCE, picture.payload, SCENE_START, "older program")])
    centre.files.fails = True
    assert centre.intake.retry_quarantine() == Retried(0, 1)
    centre.files.fails = False
    assert centre.intake.retry_quarantine() == Retried(1, 0)


def test_a_failing_store_gives_no_receipt_and_the_batch_may_be_taken_again(centre: Centre) -> None:
    centre.arrivals.fails = True
    with pytest.raises(StoreError):
        centre.take(sent(a_sighting(1)))
    centre.arrivals.fails = False
    assert outcomes(centre.take(sent(a_sighting(1)))) == {a_message_id(1): "stored"}


def test_a_weather_reading_is_stored_without_a_receipt_to_any_tower(centre: Centre) -> None:
    reading = an_observation()
    receipts = centre.take(arrived(READINGS, codec.encode_observation(reading, a_message_id(3))))
    assert receipts == {}
    assert centre.arrivals.observations(reading.station_id) == (replace(reading, received_at=SCENE_START),)


def test_a_nodes_word_and_vitals_are_kept_without_receipts(centre: Centre) -> None:
    boot = a_ulid("boot", 1)
    vitals = VitalsV1(
        at=SCENE_START, boot_id=boot, cameras=(), disk_free_bytes=5, outbox_depth=2, model_sha256="c" * 64
    )
    receipts = centre.take(
        arrived("firewatch/v1/towers/tower-a/status", codec.encode_status("online", SCENE_START, boot, "0.1")),
        arrived("firewatch/v1/towers/tower-a/vitals", codec.encode(vitals)),
    )
    assert receipts == {}
    assert [(item.tower_id, item.status.state) for item in centre.arrivals.statuses()] == [(TOWER, "online")]
    assert [(item.tower_id, item.vitals.outbox_depth) for item in centre.arrivals.vitals()] == [(TOWER, 2)]


@pytest.mark.parametrize(
    ("topic", "payload", "words"),
    [
        (SIGHTINGS, b"{", "not JSON"),
        (SIGHTINGS, b"", "not JSON"),
        (SIGHTINGS, b"\xff\xfe\x00", "not JSON"),
        (SIGHTINGS, b'{"schema":"firewatch/v2/sighting"}', "firewatch/v2/sighting"),
        (SIGHTINGS, b'{"schema":"firewatch/v1/sighting","x":' + b"[" * 5000 + b"]" * 5000 + b"}", "recursion"),
        (EVIDENCE, b"GIF89a", "FWE1"),
        (EVIDENCE, b"FWE2\x00\x00", "FWE1"),
        ("firewatch/v1/towers/Tower A/cameras/north/sightings", b"{}", "no topic of wire version 1"),
        ("firewatch/v1/towers/tower-a/receipts", b"{}", "sent by the centre"),
        ("elsewhere", b"{}", "no topic of wire version 1"),
    ],
)
def test_what_cannot_be_read_is_quarantined_with_its_bytes_and_a_reason(
    centre: Centre, topic: str, payload: bytes, words: str
) -> None:
    assert centre.take(arrived(topic, payload)) == {}
    (held,) = centre.arrivals.quarantined(10)[1]
    assert (held.topic, held.payload) == (topic, payload)
    assert words in held.reason


def test_a_bad_message_with_an_id_is_receipted_as_quarantined_with_the_reason(centre: Centre) -> None:
    bad = sent(a_sighting(1)).payload.replace(b'"score":0.8', b'"score":8')
    ((receipt,),) = centre.take(arrived(SIGHTINGS, bad)).values()
    assert (receipt.message_id, receipt.outcome) == (a_message_id(1), "quarantined")
    assert "score" in receipt.reason
    assert codec.decode_receipts(codec.encode_receipts([receipt])) == (receipt,)


@pytest.mark.parametrize(
    "topic",
    [
        "firewatch/v1/towers/tower-b/cameras/north/sightings",
        "firewatch/v1/towers/tower-a/cameras/south/sightings",
    ],
)
def test_a_sighting_that_names_another_place_than_its_topic_is_quarantined(centre: Centre, topic: str) -> None:
    receipts = centre.take(sent(a_sighting(1), topic=topic))
    assert outcomes(receipts) == {a_message_id(1): "quarantined"}
    assert centre.arrivals.last_mark() == 0
    assert "came on the topic" in centre.reasons[0]


def test_a_reading_that_names_another_station_than_its_topic_is_quarantined(centre: Centre) -> None:
    centre.take(arrived(READINGS, codec.encode_observation(an_observation("leiyang"), a_message_id(3))))
    assert "leiyang" in centre.reasons[0]


def test_an_oversized_message_is_quarantined_whole(centre: Centre) -> None:
    payload = sent(a_sighting(1)).payload + b" " * codec.MOST_BYTES
    assert outcomes(centre.take(arrived(SIGHTINGS, payload))) == {a_message_id(1): "quarantined"}
    assert centre.arrivals.quarantined(1)[1][0].payload == payload


def test_a_number_or_an_instant_beyond_the_databases_is_quarantined(centre: Centre) -> None:
    good = sent(a_sighting(1)).payload
    centre.take(
        arrived(SIGHTINGS, good.replace(b'"revision":1', b'"revision":99999999999999999999')),
        arrived(SIGHTINGS, good.replace(b'"revision":1', b'"revision":2147483648')),
        arrived(SIGHTINGS, good.replace(b"2026-04-04T04:00:00Z", b"0001-01-01T00:00:00+14:00")),
    )
    assert len(centre.reasons) == 3
    assert centre.arrivals.last_mark() == 0


@pytest.mark.parametrize("instant", ["9999-12-31T23:00:00Z", "0001-01-01T12:00:00Z", "1969-12-31T23:59:59Z"])
def test_an_instant_that_no_page_could_show_is_quarantined(centre: Centre, instant: str) -> None:
    said, now = instant.encode(), b"2026-04-04T04:00:00Z"
    reading, picture = codec.encode_observation(an_observation(), a_message_id(3)), an_evidence(1)
    centre.take(
        arrived(SIGHTINGS, sent(a_sighting(1)).payload.replace(now, said)),
        arrived(SIGHTINGS, sent(a_sighting(2)).payload.replace(b'"captured_at":"' + now, b'"captured_at":"' + said)),
        arrived(READINGS, reading.replace(now, said)),
        arrived(EVIDENCE, codec.encode_evidence(picture, a_message_id(2)).replace(now, said)),
    )
    assert len(centre.reasons) == 4
    assert all("1970 to 2199" in reason for reason in centre.reasons)
    assert centre.arrivals.last_mark() == 0


def test_a_node_that_has_not_learned_the_time_yet_is_heard(centre: Centre) -> None:
    waking = sent(a_sighting(1, first_seen_at=datetime(1970, 1, 1, 0, 0, 30, tzinfo=UTC)))
    assert outcomes(centre.take(waking)) == {a_message_id(1): "stored"}


def test_one_bad_message_never_harms_the_others_of_its_batch(centre: Centre) -> None:
    batch = [sent(a_sighting(number), number) for number in range(1, 6)]
    batch.insert(2, arrived(SIGHTINGS, b"rubbish"))
    receipts = centre.take(*batch)
    assert outcomes(receipts) == {a_message_id(number): "stored" for number in range(1, 6)}
    assert centre.arrivals.last_mark() == 5
    assert centre.arrivals.quarantined(10)[0] == 1


def test_repeats_of_a_bad_message_are_counted(centre: Centre) -> None:
    for _ in range(3):
        centre.take(arrived(SIGHTINGS, b"rubbish"))
    count, held = centre.arrivals.quarantined(10)
    assert (count, len(held)) == (3, 1)


def test_after_an_upgrade_what_can_be_read_now_leaves_the_quarantine(centre: Centre) -> None:
    # What an older program could not read: it is put into quarantine by hand.
    from firewatch.services.ports import Quarantined

    at = SCENE_START - timedelta(days=1)
    message = sent(a_sighting(1))
    picture = arrived(EVIDENCE, codec.encode_evidence(an_evidence(1), a_message_id(2)))
    held = [Quarantined(None, item.topic, item.payload, at, "older program") for item in (message, picture)]
    rubbish = [Quarantined(None, SIGHTINGS, b"rubbish %d" % number, at, "no JSON") for number in range(250)]
    centre.arrivals.write([*held, *rubbish])
    assert centre.intake.retry_quarantine() == Retried(2, 250)
    (stored,) = centre.arrivals.sightings([a_sighting(1).sighting_id])
    assert stored.received_at == at
    assert centre.files.read(an_evidence(1).evidence_id) == an_evidence(1).jpeg
    assert centre.arrivals.quarantined(1)[0] == 250
    assert centre.intake.retry_quarantine() == Retried(0, 250)


def test_nothing_leaves_the_quarantine_while_the_store_fails(centre: Centre) -> None:
    from firewatch.services.ports import Quarantined

    message = sent(a_sighting(1))
    centre.arrivals.write([Quarantined(None, message.topic, message.payload, SCENE_START, "older program")])
    centre.arrivals.fails = True
    with pytest.raises(StoreError):
        centre.intake.retry_quarantine()
    assert centre.arrivals.quarantined(1)[0] == 1


TOPICS = st.one_of(
    st.text(max_size=60),
    st.sampled_from([SIGHTINGS, EVIDENCE, READINGS, "firewatch/v1/towers/tower-a/status"]),
)
GOOD = codec.encode_sighting(a_sighting(1), a_message_id(1))


@given(TOPICS, st.one_of(st.binary(max_size=300), st.integers(0, len(GOOD)).map(lambda cut: GOOD[:cut])))
def test_no_bytes_on_any_topic_stop_the_intake_and_all_are_accounted_for(topic: str, payload: bytes) -> None:
    centre = Centre()
    good = sent(a_sighting(2), 2)
    receipts = centre.take(arrived(topic, payload), good)
    assert outcomes(receipts)[a_message_id(2)] == "stored"
    stored = centre.arrivals.last_mark() - 1
    assert stored + centre.arrivals.quarantined(1)[0] == 1


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_a_damaged_byte_is_stored_as_valid_or_quarantined_but_never_lost(place: int, byte: int) -> None:
    centre = Centre()
    centre.take(arrived(SIGHTINGS, GOOD[:place] + bytes([byte]) + GOOD[place + 1 :]))
    assert centre.arrivals.last_mark() + centre.arrivals.quarantined(1)[0] == 1


def test_instants_from_other_zones_are_stored_in_utc(centre: Centre) -> None:
    payload = sent(a_sighting(1)).payload.replace(b"2026-04-04T04:00:00Z", b"2026-04-04T12:00:00+08:00")
    centre.take(arrived(SIGHTINGS, payload))
    (stored,) = centre.arrivals.sightings([a_sighting(1).sighting_id])
    assert stored.sighting.first_seen_at == SCENE_START
    assert stored.sighting.first_seen_at.tzinfo is UTC
