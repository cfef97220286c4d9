"""How a schedule is shown to a person."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from amml_deploy.errors import UserError
from amml_deploy.output import cell, facts, table
from amml_deploy.scheduler.due import next_time, rule_of
from amml_language.printer import show_constant
from amml_language.tree import Duration


def rule_text(schedule: Mapping[str, Any]) -> str:
    """When it is due, as it was asked for.

    >>> rule_text({"cron": None, "every_ms": 5_400_000})
    'every 1h30m'
    >>> rule_text({"cron": "0 3 * * *", "tz": "Asia/Seoul"})
    '0 3 * * * Asia/Seoul'
    """
    if schedule["cron"]:
        return f"{schedule['cron']} {schedule['tz']}"
    return f"every {_duration(schedule['every_ms'])}"


def next_run(schedule: Mapping[str, Any]) -> str:
    """When it is due next, by the control API's clock (`now`)."""
    if schedule["asked"]:
        return "now"
    if schedule["paused"]:
        return "paused"
    try:
        rule = rule_of(schedule)
    except UserError as error:  # not from `add`, which checks it
        return str(error)
    last, now = (datetime.fromisoformat(schedule[key]) for key in ("last", "now"))
    time = next_time(rule, last, now)
    return _at(time.isoformat(), schedule["tz"]) if time else "never"


def row(schedule: Mapping[str, Any]) -> list[Any]:
    """Its line in the list: name, when, command, next run, how the last one ended."""
    latest = schedule["latest"]
    told = None
    if latest:
        told = f"{latest['state']} {_at(latest['ended'] or latest['started'], schedule['tz'])}"
    return [schedule["name"], rule_text(schedule), schedule["run"], next_run(schedule), told]


def details(schedule: Mapping[str, Any]) -> str:
    """All of it, its runs, and the last words of the newest that had any."""
    runs, tz = schedule["runs"], schedule["tz"]
    about = {
        "run": schedule["run"],
        "when": rule_text(schedule),
        "next": next_run(schedule),
        "missed": schedule["missed"],
        "timeout": _duration(schedule["timeout_ms"]),
    }
    headers = ["DUE", "STARTED", "ENDED", "STATE", "EXIT CODE", "BY"]
    rows = [
        [*(_at(run[key], tz) if run[key] else None for key in ("due", "started", "ended"))]
        + [run[key] for key in ("state", "exit_code", "by")]
        for run in runs
    ]
    output = next((run["output"] for run in runs if run["output"]), ())
    parts = [facts(about), table(headers, rows) if runs else "", "\n".join(map(cell, output))]
    return "\n\n".join(filter(None, parts))


def _duration(ms: int) -> str:
    return show_constant(Duration(ms * 1000))


def _at(text: str, tz: str) -> str:
    return datetime.fromisoformat(text).astimezone(_zone(tz)).strftime("%Y-%m-%d %H:%M:%S %Z")


def _zone(tz: str) -> ZoneInfo:
    try:
        return ZoneInfo(tz)
    except (KeyError, ValueError, OSError):  # not from `add`, which checks it
        return ZoneInfo("UTC")
