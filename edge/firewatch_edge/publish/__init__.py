"""From the node to the centre: nothing is lost between a decision and a receipt."""

from __future__ import annotations

from firewatch_edge.publish.courier import Courier, CourierSettings
from firewatch_edge.publish.held import OutboxCounts, Pending, Priority
from firewatch_edge.publish.outbox import Outbox
from firewatch_edge.publish.port import Publisher
from firewatch_edge.publish.publisher import OutboxPublisher, PublishSettings

__all__ = [
    "Courier",
    "CourierSettings",
    "Outbox",
    "OutboxCounts",
    "OutboxPublisher",
    "Pending",
    "Priority",
    "PublishSettings",
    "Publisher",
]
