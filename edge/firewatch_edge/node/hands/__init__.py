"""Remote hands: what a person far away can have the tower do. See docs/adr/0028-commands-that-expire.md."""

from __future__ import annotations

from firewatch_edge.node.hands.assembly import assemble_hands
from firewatch_edge.node.hands.at_work import RemoteHands
from firewatch_edge.node.hands.dispatcher import Dispatcher
from firewatch_edge.node.hands.log_ring import LogRing, redact
from firewatch_edge.node.hands.mailbox import Mailbox
from firewatch_edge.node.hands.memory import CommandMemory
from firewatch_edge.node.hands.outcome import Hand, Hands, HandsPublisher, Outcome, failed, refused
from firewatch_edge.node.hands.reach import Reach, ReachedCamera
from firewatch_edge.node.hands.registry import hands_of

__all__ = [
    "CommandMemory",
    "Dispatcher",
    "Hand",
    "Hands",
    "HandsPublisher",
    "LogRing",
    "Mailbox",
    "Outcome",
    "Reach",
    "ReachedCamera",
    "RemoteHands",
    "assemble_hands",
    "failed",
    "hands_of",
    "redact",
    "refused",
]
