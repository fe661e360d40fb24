"""Settings that the centre leaves for a tower reach it, also when it comes later or starts anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from firewatch.adapters.mqtt_tower_settings import MqttTowerSettings
from firewatch.domain.ids import TowerId
from firewatch.domain.scales import DangerGrade
from firewatch.domain.tower_settings import PlaceRating, TowerSettings
from firewatch.errors import BrokerUnavailable
from firewatch.testing.builders import a_ulid
from firewatch_edge.node import SettingsBook
from firewatch_edge.publish import OutboxPublisher

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Until = Callable[..., None]

pytestmark = [pytest.mark.broker]

TOWER = TowerId("tower-a")
NOW = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)


def rated(grade: DangerGrade) -> TowerSettings:
    return TowerSettings(NOW, PlaceRating(grade, NOW + timedelta(hours=30)))


def sent(post: MqttTowerSettings, settings: TowerSettings) -> bool:
    try:
        post.send(TOWER, settings)
    except BrokerUnavailable:
        return False
    return True


def test_settings_reach_a_node_that_comes_later_and_then_each_change(
    rig: Any, tmp_path: Path, wait_until: Until
) -> None:
    post = MqttTowerSettings(rig.settings("clockwork"))
    book = SettingsBook(tmp_path / "settings.json", [])
    node = None
    try:
        wait_until(lambda: sent(post, rated(DangerGrade.HIGH)))
        node = OutboxPublisher(rig.publish_settings(), a_ulid("boot", 1), on_settings=book.take)
        wait_until(lambda: book.current == rated(DangerGrade.HIGH))
        post.send(TOWER, rated(DangerGrade.LOW))
        wait_until(lambda: book.current == rated(DangerGrade.LOW))
        # In effect first, on the disk a moment later.
        wait_until(lambda: SettingsBook(tmp_path / "settings.json", []).current == rated(DangerGrade.LOW))
    finally:
        post.close()
        if node is not None:
            node.close()
