"""Fakes of the ports, builders, drawn pictures: for our tests and for those who build upon firewatch."""

from firewatch.testing.accounts import AccountsFake, SessionsFake
from firewatch.testing.board import BoardFake, Ulids
from firewatch.testing.clocks import SCENE_START, FrozenClock
from firewatch.testing.example_board import EXAMPLE_PEOPLE, ExampleBoard, example_sites

__all__ = [
    "EXAMPLE_PEOPLE",
    "SCENE_START",
    "AccountsFake",
    "BoardFake",
    "ExampleBoard",
    "FrozenClock",
    "SessionsFake",
    "Ulids",
    "example_sites",
]
