"""From the topic of all alerts to the control API, and then to the board's own topic.

Kept there first, told of afterwards; the position is committed when both are done. So a crash
brings an alert twice, never not at all, and whoever takes it knows it by its id and state.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from amml_alert_board.control import Control, ControlDown, ControlRefuses
from amml_alert_board.records import NoAlert, alert_of

_LOG = logging.getLogger(__name__)
_MOST = 500
_LONGEST_PAUSE = 10.0

Tell = Callable[[dict[str, Any]], Awaitable[None]]


def reader(kafka: str, prefix: str) -> AIOKafkaConsumer:
    """A consumer of the alerts that are committed; it finds their topic whenever that is made."""
    made = AIOKafkaConsumer(
        bootstrap_servers=kafka,
        group_id=f"{prefix}.alert-board-carrier",
        group_instance_id="carrier",  # whoever starts takes over at once from one that was killed
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        metadata_max_age_ms=5_000,
        session_timeout_ms=10_000,
    )
    made.subscribe(pattern=rf"^{prefix}\.alerts$")  # by name, asking for it would make it
    return made


class Carrier:
    """Carries alerts until it is cancelled."""

    def __init__(
        self, source: Callable[[], AIOKafkaConsumer], control: Control, tell: Tell
    ) -> None:
        self._source = source
        self._control = control
        self._tell = tell

    async def run(self) -> None:
        """Carry what comes; when Kafka ends that, begin again where the last commit was."""
        while True:
            try:
                await self._run(self._source())
            except KafkaError as error:
                _LOG.warning("Kafka: %s; nothing is lost, trying again", error)
                await asyncio.sleep(_LONGEST_PAUSE / 2)

    async def _run(self, source: AIOKafkaConsumer) -> None:
        try:
            await source.start()
            while True:
                found = await source.getmany(timeout_ms=1000, max_records=_MOST)
                records = [record for each in found.values() for record in each]
                if records:
                    await self._carry(records)
                    await source.commit()
        finally:
            await source.stop()

    async def _carry(self, records: list[Any]) -> None:
        alerts = [alert for each in records if (alert := _alert(each)) is not None]
        kept = await self._keep(alerts)
        for alert in kept:
            await self._tell(alert)

    async def _keep(self, alerts: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Keep them all; while the control API is away nothing goes on. Those it refuses go."""
        pause = 0.5
        while alerts:
            try:
                await asyncio.to_thread(self._control.store, alerts)
                break
            except ControlRefuses as error:
                return await self._keep_each(alerts, error)
            except ControlDown as error:
                _LOG.warning("%s; %d alerts wait, nothing is lost", error, len(alerts))
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
        return alerts

    async def _keep_each(
        self, alerts: list[dict[str, Any]], error: Exception
    ) -> list[dict[str, Any]]:
        """One of several was refused: the others are kept without it."""
        if len(alerts) > 1:
            return [kept for each in alerts for kept in await self._keep([each])]
        src = alerts[0]["src"]
        _LOG.error("%s[%s] %s is left out: %s", *src.values(), error)
        return []


def _alert(record: Any) -> dict[str, Any] | None:
    place = (record.topic, record.partition, record.offset)
    try:
        return alert_of(record.value, place, record.timestamp)
    except NoAlert as error:
        _LOG.error("%s[%s] %s is left out: %s", *place, error)
        return None
