"""The Faust application: a table of what is open, who is told of it, and the page."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, cast

import faust
from aiohttp import web

from amml_alert_board.carrier import Carrier, reader
from amml_alert_board.control import Control, ControlDown, ControlRefuses
from amml_alert_board.destinations import DestinationsFile
from amml_alert_board.guard import guard
from amml_alert_board.records import place_of
from amml_alert_board.sending import Sender
from amml_alert_board.settings import Settings
from amml_alert_board.telling import Alert, Entry, Notice, due, over, put_off, seen, told
from amml_alert_board.views import Views

_LOG = logging.getLogger(__name__)
_LOOK = 1.0  # seconds between two looks at what waits

Save = Callable[[Entry], Awaitable[None]]


class Board:
    """What becomes of each record of the board's own topic.

    A record is an alert that is kept, or the place of one whose notice had to wait.
    """

    def __init__(self, control: Control, file: DestinationsFile, sender: Sender) -> None:
        self._control = control
        self._file = file
        self._sender = sender

    async def taken(self, entry: Entry, record: Alert, save: Save) -> Entry:
        """The entry after a record, and after everybody was told who is to be."""
        now, period = time.time(), self._file.now().period
        if "id" not in record:
            notice = due(entry, now, period)
        else:
            entry, notice = seen(entry, record, now, period)
        return entry if notice is None else await self._tell(entry, notice, save)

    def waits(self, entry: Entry) -> bool:
        """Whether a notice has waited long enough."""
        return due(entry, time.time(), self._file.now().period) is not None

    def problems(self) -> list[str]:
        """What keeps people from being told."""
        failures = [f"{name} {why}" for name, why in self._sender.failures.items()]
        return [*filter(None, [self._file.problem]), *failures]

    async def _tell(self, entry: Entry, notice: Notice, save: Save) -> Entry:
        """Who died here before may have told it: so that is written down before it is begun."""
        known = await self._known(notice.alert)
        fires = notice.alert["state"] != "resolved"
        if fires and known.get("state") == "resolved":
            begun = entry.get("telling") == notice.name
            entry = over(entry, notice.alert["id"])
            return told(entry, notice, time.time()) if begun else entry
        if known.get("silenced_until"):
            return put_off(entry, notice, time.time()) if fires else entry
        if not (fires and known.get("acknowledged")):
            await save({**entry, "telling": notice.name})
            await self._sender.send(self._file.now().destinations, notice)
        return told(entry, notice, time.time())

    async def _known(self, alert: Alert) -> Alert:
        """What people did about an alert; nothing, while nobody can say: then it is told."""
        try:
            return await asyncio.to_thread(self._control.get, alert["workflow"], alert["id"])
        except (ControlDown, ControlRefuses) as error:
            _LOG.warning("%s; alert %s is told all the same", error, alert["id"])
            return {}


def make_app(settings: Settings) -> faust.App:
    """The application of a board."""
    name = f"{settings.prefix}.alert-board"
    app = faust.App(
        name,
        broker=[f"kafka://{each}" for each in settings.kafka.split(",")],
        store="memory://",
        datadir=settings.folder,
        topic_partitions=1,
        topic_disable_leader=True,
        consumer_group_instance_id="board",  # as the carrier's
        broker_session_timeout=10.0,
        broker_heartbeat_interval=3.0,
        web_bind=settings.host,
        web_host=settings.host,
        web_port=settings.port,
        web_router_enabled=False,
        web_tables_enabled=False,
        web_stats_enabled=False,
        web_graph_enabled=False,
    )
    kept = app.topic(f"{name}-kept", key_type=str, value_serializer="json", partitions=1)
    table: Any = app.Table("open", default=dict, partitions=1)
    control = Control(settings.control, settings.token)
    board = Board(control, DestinationsFile(settings.destinations, settings.secrets), Sender())

    async def save(key: str, entry: Entry) -> None:
        table[key] = entry
        await app.producer.flush()

    @app.agent(kept)
    async def take(stream: Any) -> None:
        async for key, record in stream.items():
            try:
                table[key] = await board.taken(table.get(key) or {}, record, partial(save, key))
            except Exception:  # one record must not keep all later ones from being told
                _LOG.exception("alert %s is not told", record.get("id"))

    @app.timer(_LOOK)  # pyright: ignore[reportUntypedFunctionDecorator] (it has no types)
    async def look() -> None:
        for key in [key for key, entry in table.items() if board.waits(entry)]:
            await kept.send(key=key, value={})

    @app.task
    async def carry() -> None:
        async def tell(alert: dict[str, Any]) -> None:
            await (await kept.send(key=place_of(alert), value=alert))

        await Carrier(lambda: reader(settings.kafka, settings.prefix), control, tell).run()

    pages = cast(web.Application, cast(Any, app.web).web_app)
    pages.middlewares.append(guard(settings.token, settings.hosts))
    Views(control, lambda: dict(table.items()), board.problems).add_to(pages)
    return app
