"""Fakes of the ports, builders, drawn pictures: for our tests and for those who build upon firewatch."""

from firewatch.testing.accounts import AccountsFake, SessionsFake
from firewatch.testing.board import BoardFake, Ulids
from firewatch.testing.builders import (
    a_message_id,
    a_notification,
    a_person,
    a_rating,
    a_sighting,
    a_stamp,
    a_ulid,
    an_alert,
    an_event,
    an_evidence,
    an_incident_id,
    an_observation,
)
from firewatch.testing.clocks import SCENE_START, FrozenClock
from firewatch.testing.example_board import EXAMPLE_PEOPLE, ExampleBoard, example_sites
from firewatch.testing.land_cover import LandCoverFake
from firewatch.testing.memory_books import (
    MemoryAlertBook,
    MemoryCursors,
    MemoryLeases,
    MemoryRatingBook,
    RosterFake,
    Sent,
    SinkNotifier,
)
from firewatch.testing.memory_commands import CommandPostFake, LivePicturesFake, MemoryCommandBook
from firewatch.testing.memory_danger import MemoryFeedStateBook, MemoryForecastBook, MemoryHourBook, MemoryOutlookBook
from firewatch.testing.memory_hotspots import MemoryHotspotBook
from firewatch.testing.memory_intake import MemoryArrivals, MemoryEvidenceFiles
from firewatch.testing.memory_log import MemoryIncidentLog
from firewatch.testing.memory_masks import MemoryMaskBook, PoseViewsFake
from firewatch.testing.memory_outages import MemoryOutageBook
from firewatch.testing.publisher import FakePublisher
from firewatch.testing.simulated_triage import SIMULATED_KINDS, SimulatedKind, simulate_cases
from firewatch.testing.wake import WakeFake

__all__ = [
    "EXAMPLE_PEOPLE",
    "SCENE_START",
    "SIMULATED_KINDS",
    "AccountsFake",
    "BoardFake",
    "CommandPostFake",
    "ExampleBoard",
    "FakePublisher",
    "FrozenClock",
    "LandCoverFake",
    "LivePicturesFake",
    "MemoryAlertBook",
    "MemoryArrivals",
    "MemoryCommandBook",
    "MemoryCursors",
    "MemoryEvidenceFiles",
    "MemoryFeedStateBook",
    "MemoryForecastBook",
    "MemoryHotspotBook",
    "MemoryHourBook",
    "MemoryIncidentLog",
    "MemoryLeases",
    "MemoryMaskBook",
    "MemoryOutageBook",
    "MemoryOutlookBook",
    "MemoryRatingBook",
    "PoseViewsFake",
    "RosterFake",
    "Sent",
    "SessionsFake",
    "SimulatedKind",
    "SinkNotifier",
    "Ulids",
    "WakeFake",
    "a_message_id",
    "a_notification",
    "a_person",
    "a_rating",
    "a_sighting",
    "a_stamp",
    "a_ulid",
    "an_alert",
    "an_event",
    "an_evidence",
    "an_incident_id",
    "an_observation",
    "example_sites",
    "simulate_cases",
]
