"""Telling the demo's weather to the centre: readings over the broker as stations do, forecasts as feeds do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tenacity import RetryError, retry, retry_if_result, stop_after_delay, wait_fixed

from firewatch.adapters.store import open_store
from firewatch.bootstrap import new_id
from firewatch.demo.children import DemoError, last_words
from firewatch.demo.places import CLIMATES
from firewatch.demo.weather import make_forecast, make_hours, make_readings
from firewatch.domain.ids import MessageId
from firewatch.mqtt import MqttSession
from firewatch.wire import codec, topics

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from firewatch.adapters.broker import BrokerAccount, EmbeddedBroker
    from firewatch.adapters.store import Store
    from firewatch.domain.ids import StationId
    from firewatch.scene import Wind

__all__ = ["report_weather", "store_url"]

# A loaded machine takes its time.
_READY_S = 300.0
_STORED_S = 3.0
_LOOK_S = 0.2
# Stations of one seed have weather of their own.
_SEEDS_APART = 7919


def report_weather(
    folder: Path, seed: int, broker: EmbeddedBroker, stations: Mapping[StationId, BrokerAccount], wind: Wind
) -> None:
    """Send two months of readings of each station over the broker until the centre has stored them, and forecasts.

    The wind of the last hours is the world's: what it drives a fire with is what bends the smoke.

    Raises
    ------
    DemoError
        If the centre does not store them.
    """
    now = datetime.now(UTC)
    store = open_store(store_url(folder), folder / "evidence")
    try:
        for number, (station_id, account) in enumerate(stations.items()):
            climate, own_seed = CLIMATES[station_id], seed + _SEEDS_APART * number
            readings = make_readings(station_id, now, own_seed, climate)
            messages = [codec.encode_observation(reading, MessageId(new_id(now))) for reading in readings]
            _send(broker, account, station_id, messages, store)
            store.hour_book.put(make_hours(readings[-1], now, wind))
            store.forecast_book.put([make_forecast(station_id, now, own_seed, climate)])
    except RetryError as err:
        what = "the centre did not store the stations' readings"
        raise DemoError(last_words(what, folder / "central.log")) from err
    finally:
        store.close()


def _send(
    broker: EmbeddedBroker, account: BrokerAccount, station_id: StationId, messages: list[bytes], store: Store
) -> None:
    topic = str(topics.Topic.of_station(station_id))
    session = MqttSession(broker.settings_for(account, f"station-{station_id}"))
    session.start()

    # A broker forgets what nobody has subscribed to yet: until the intake listens, the readings are sent again.
    @retry(retry=retry_if_result(lambda stored: not stored), stop=stop_after_delay(_READY_S))
    def report() -> bool:
        for handle in [session.publish(topic, message) for message in messages]:
            handle.wait(_READY_S)
        return is_stored()

    @retry(
        retry=retry_if_result(lambda stored: not stored),
        stop=stop_after_delay(_STORED_S),
        wait=wait_fixed(_LOOK_S),
        retry_error_callback=lambda _: False,
    )
    def is_stored() -> bool:
        return len(store.weather_book.observations(station_id)) >= len(messages)

    try:
        session.wait_ready(_READY_S)
        report()
    finally:
        session.stop()


def store_url(folder: Path) -> str:
    """Return the address of the demo's store."""
    return f"sqlite:///{folder / 'firewatch.db'}"
