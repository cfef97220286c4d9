"""The page and the small REST beside it, on Faust's own web server."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from amml_alert_board import page
from amml_alert_board.control import Alert, Control, ControlDown, ControlRefuses
from amml_alert_board.guard import USER

_LENGTHS = {"30m": 30, "1h": 60, "8h": 480, "1d": 1440}
_LARGEST_FORM = 64 << 10

Entries = Callable[[], Mapping[str, Any]]
Problems = Callable[[], list[str]]


class Views:
    """What is shown, and what can be done.

    Parameters:
        entries: the table of open alerts, as it is now: shown while the control API is away.
        problems: what keeps people from being told.
    """

    def __init__(self, control: Control, entries: Entries, problems: Problems) -> None:
        self._control = control
        self._entries = entries
        self._problems = problems

    def add_to(self, app: web.Application) -> None:
        """Add all routes."""
        app.add_routes(
            [
                web.get("/health", self.health),
                web.get("/", self.board),
                web.get("/alert", self.history),
                web.post("/alert", self.form),
                web.get("/api/alerts", self.listed),
                web.patch("/api/alert", self.change),
            ]
        )

    async def health(self, _: web.Request) -> web.Response:
        """Whether the board runs. Needs no token."""
        return web.json_response({"status": "ok"})

    async def board(self, _: web.Request) -> web.Response:
        """The page."""
        alerts, problems = await self._open()
        return _html(page.board(alerts, [*problems, *self._problems()]))

    async def history(self, request: web.Request) -> web.Response:
        """One alert with what became of it."""
        workflow, id = _named(request.query)
        return _html(page.history(await _plainly(self._control.get, workflow, id)))

    async def form(self, request: web.Request) -> web.Response:
        """Do what a button of the page says, and show the page again."""
        if (request.content_length or 0) > _LARGEST_FORM:
            raise web.HTTPRequestEntityTooLarge(_LARGEST_FORM, request.content_length or 0)
        given = {name: str(value) for name, value in (await request.post()).items()}
        workflow, id = _named(given)
        what = _change(given.get("do", ""), given.get("for", ""))
        await _plainly(self._control.change, workflow, id, what, request[USER])
        raise web.HTTPSeeOther("/")

    async def listed(self, _: web.Request) -> web.Response:
        """What is open, as JSON, and what is known of the notices of each key."""
        alerts, problems = await self._open()
        document = {"alerts": alerts, "problems": [*problems, *self._problems()]}
        return web.json_response(document | {"keys": dict(self._entries())})

    async def change(self, request: web.Request) -> web.Response:
        """As PATCH /alerts/ID of the control API, with `workflow` and `id` in the query."""
        workflow, id = _named(request.query)
        try:
            what: Any = await request.json()
        except ValueError:
            raise web.HTTPBadRequest(text="the body is no JSON\n") from None
        found = await _plainly(self._control.change, workflow, id, what, request[USER])
        return web.json_response(found)

    async def _open(self) -> tuple[list[Alert], list[str]]:
        """What the control API knows; while it is away, what the table does."""
        try:
            return await asyncio.to_thread(self._control.open), []
        except (ControlDown, ControlRefuses) as error:
            entries = self._entries().values()
            alerts = [alert for each in entries for alert in each.get("open", {}).values()]
            alerts.sort(key=lambda alert: str(alert["time"]), reverse=True)
            told = "shown is what was raised; what people did about it is not known now"
            return alerts, [f"{error}: {told}"]


async def _plainly(call: Callable[..., Alert], *arguments: Any) -> Alert:
    try:
        return await asyncio.to_thread(call, *arguments)
    except ControlDown as error:
        raise web.HTTPServiceUnavailable(text=f"{error}; nothing was changed\n") from None
    except ControlRefuses as error:
        raise web.HTTPBadRequest(text=f"{error}\n") from None


def _named(given: Mapping[str, str]) -> tuple[str, str]:
    if not given.get("workflow") or not given.get("id"):
        raise web.HTTPBadRequest(text="`workflow` and `id` are missing\n")
    return given["workflow"], given["id"]


def _change(does: str, length: str) -> dict[str, Any]:
    if does == "silence" and length in _LENGTHS:
        until = datetime.now(UTC) + timedelta(minutes=_LENGTHS[length])
        return {"silenced_until": until.isoformat()}
    known = {"acknowledge": {"acknowledged": True}, "resolve": {"resolved": True}}
    if does not in known:
        raise web.HTTPBadRequest(text="`do` is acknowledge, silence or resolve\n")
    return known[does]


def _html(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html")
