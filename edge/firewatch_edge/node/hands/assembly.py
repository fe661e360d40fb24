"""Puts remote hands together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firewatch_edge.node.hands.at_work import RemoteHands
from firewatch_edge.node.hands.dispatcher import Dispatcher
from firewatch_edge.node.hands.memory import CommandMemory
from firewatch_edge.node.hands.registry import hands_of
from firewatch_edge.node.looking import beside_outbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from firewatch_edge.config import EdgeSettings
    from firewatch_edge.node.hands.mailbox import Mailbox
    from firewatch_edge.node.hands.reach import Reach

__all__ = ["assemble_hands"]


def assemble_hands(reach: Reach, mailbox: Mailbox, try_model: Callable[[EdgeSettings], object]) -> RemoteHands:
    """Return the hands of a node; its memory of commands lies beside the outbox."""
    dispatcher = Dispatcher(
        reach.settings.tower_id,
        mailbox,
        hands_of(reach, try_model),
        CommandMemory(beside_outbox(reach.settings, "commands.json")),
        reach.publisher,
        reach.now,
    )
    return RemoteHands(dispatcher, reach.restart)
