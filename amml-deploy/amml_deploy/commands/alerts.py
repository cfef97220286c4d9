"""`amml alerts`: what is open, who has seen it, and what was done about it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import click

from amml_deploy.control import ControlError, from_environment
from amml_deploy.errors import UserError
from amml_deploy.names import check
from amml_deploy.output import facts, output_option, say, show, table
from amml_deploy.planner.settings import milliseconds

_LONGEST_DAYS = 3650
_HEADERS = ["ID", "WORKFLOW", "STEP", "KEY", "SEVERITY", "STATE", "TIME", "VALUE", "SEEN", "NOTE"]


@click.group("alerts", invoke_without_command=True)
@click.option("--open", "only_open", is_flag=True, help="Only those that are not resolved.")
@click.option("--workflow", help="Only those of this workflow.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 1000))
@output_option
@click.pass_context
def command(
    context: click.Context, only_open: bool, workflow: str | None, limit: int, output: str
) -> None:
    """Show alerts, the newest first; acknowledge, silence or resolve one.

    \b
    amml alerts --open
    amml alerts --workflow hot --output json
    amml alerts ack 3f2a9c81
    amml alerts silence 3f2a9c81 --for 1h

    An ID may be cut to its first six letters or more. What is said of an alert holds for the
    earlier open ones of its key, too.
    """
    if context.invoked_subcommand is not None:
        return
    query = {"workflow": check("workflow", workflow)} if workflow else {}
    with from_environment() as control:
        found = control.get("/alerts", open=only_open, limit=limit, **query)
    if not found:
        say("no open alerts" if only_open else "no alerts")
    show(output, found, lambda: table(_HEADERS, [_row(each) for each in found]) if found else "")


@command.command("ack")
@click.argument("id")
@output_option
def ack(id: str, output: str) -> None:
    """Say that you have seen an alert: nobody is told of it again.

    \b
    amml alerts ack 3f2a9c81
    """
    alert = _changed(id, {"acknowledged": True})
    show(output, alert, lambda: f"{_name(alert)} is acknowledged by {alert['acknowledged_by']}")


@command.command("silence")
@click.argument("id")
@click.option("--for", "duration", help="How long, as 30m, 1h or 2d.")
@click.option("--end", is_flag=True, help="End the silence.")
@output_option
def silence(id: str, duration: str | None, end: bool, output: str) -> None:
    """Let nobody be told of the alerts of this one's key for a while; they are kept all the same.

    \b
    amml alerts silence 3f2a9c81 --for 1h
    amml alerts silence 3f2a9c81 --end
    """
    if (duration is None) == (not end):
        raise UserError("give either --for, as 1h, or --end")
    until = datetime.now(UTC) + _length(duration or "0s")
    alert = _changed(id, {"silenced_until": until.isoformat()})
    state = "is silent no more" if end else f"is silent until {_minute(until.isoformat())}"
    show(output, alert, lambda: f"the key of {_name(alert)} {state}")


@command.command("resolve")
@click.argument("id")
@output_option
def resolve(id: str, output: str) -> None:
    """Say that an alert is over.

    \b
    amml alerts resolve 3f2a9c81
    """
    alert = _changed(id, {"resolved": True})
    show(output, alert, lambda: f"{_name(alert)} is resolved")


@command.command("history")
@click.argument("id")
@output_option
def history(id: str, output: str) -> None:
    """Show all of an alert: what became of it, when, and who did what.

    \b
    amml alerts history 3f2a9c81
    amml alerts history 3f2a9c81 --output json
    """
    try:
        with from_environment() as control:
            alert = control.get(f"/alerts/{_quoted(id)}")
    except ControlError as error:
        raise _told(error) from None
    show(output, alert, lambda: _details(alert))


def _changed(id: str, change: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        with from_environment() as control:
            return control.patch(f"/alerts/{_quoted(id)}", change)
    except ControlError as error:
        raise _told(error) from None


def _told(error: ControlError) -> Exception:
    """Several alerts that an id may mean are the user's to tell apart."""
    return UserError(str(error)) if error.code == "several_alerts" else error


def _quoted(id: str) -> str:
    return quote(id, safe="")


def _length(text: str) -> timedelta:
    length = timedelta(milliseconds=min(milliseconds(text), _LONGEST_DAYS * 86_400_000 + 1))
    if length > timedelta(days=_LONGEST_DAYS):
        raise UserError(f"--for: at most {_LONGEST_DAYS}d, found {text[:80]!r}")
    return length


def _row(alert: Mapping[str, Any]) -> list[Any]:
    first = [alert[name] for name in ("id", "workflow", "step", "key", "severity", "state")]
    seen = alert["acknowledged_by"]
    return [*first, _minute(alert["time"]), alert["value"], seen, _note(alert)]


def _note(alert: Mapping[str, Any]) -> str:
    until = alert["silenced_until"]
    silent = f"silent until {_minute(until)}; " if until else ""
    return f"{silent}{alert['message']}"[:80].removesuffix("; ")


def _details(alert: Mapping[str, Any]) -> str:
    names = ("id", "workflow", "step", "key", "severity", "state", "time", "value", "message")
    about = facts({name: alert[name] for name in names})
    lines = [_line(each) for each in alert["history"]]
    return f"{about}\n\n{table(['AT', 'WHAT', 'WHO', 'DETAIL'], lines)}"


def _line(change: Mapping[str, Any]) -> list[Any]:
    detail = "; ".join(f"{name} {_minute(str(v))}" for name, v in change["detail"].items())
    return [_minute(change["at"]), change["what"], change["actor"] or "the workflow", detail]


def _name(alert: Mapping[str, Any]) -> str:
    key = f", key {alert['key']}" if alert["key"] else ""
    return f"alert {alert['id']} of {alert['workflow']}.{alert['step']}{key}"


def _minute(text: str) -> str:
    """A time to the second, in UTC; what is none as it is.

    >>> _minute("2016-07-01T09:30:00+09:00"), _minute("soon")
    ('2016-07-01 00:30:00', 'soon')
    """
    try:
        return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    except ValueError:
        return text
