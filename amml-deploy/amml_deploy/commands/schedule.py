"""`amml schedule`: periodic work inside the platform."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from amml_deploy.control import Control, from_environment
from amml_deploy.errors import AmmlError, UserError
from amml_deploy.names import check
from amml_deploy.output import cell, output_option, say, show, table
from amml_deploy.planner.settings import milliseconds
from amml_deploy.scheduler import allowed
from amml_deploy.scheduler.due import check_cron
from amml_deploy.scheduler.telling import details, next_run, row, rule_text
from amml_deploy.sources.entries import check_zone

_LOOK = 0.5
_PATIENCE = 15.0  # seconds until a run that nobody takes is worth a word


@click.group("schedule")
def command() -> None:
    """Run commands again and again: compaction, retention, trainings.

    \b
    amml schedule add compact --every 1d --run 'lake compact co2'
    amml schedule add train --cron '0 3 * * MON' --tz Asia/Seoul --run 'run ett-train --wait'
    amml schedule list
    amml schedule show compact
    """


@command.command("add")
@click.argument("name")
@click.option("--run", "line", required=True, help="A command line for amml, without that word.")
@click.option("--every", help="The time between two runs, as 10m, 6h or 1d.")
@click.option("--cron", help="Minute, hour, day of the month, month, day of the week.")
@click.option("--tz", default="UTC", show_default=True, help="Whose clock --cron and --start mean.")
@click.option("--start", help="The first time, as 2026-01-01T03:00; now unless given.")
@click.option(
    "--missed",
    type=click.Choice(["skip", "once", "all"]),
    default="once",
    show_default=True,
    help="How many of the times to make up for that passed while nothing could run.",
)
@click.option("--timeout", default="6h", show_default=True, help="How long one run may take.")
@output_option
def add(
    name: str,
    line: str,
    every: str | None,
    cron: str | None,
    tz: str,
    start: str | None,
    missed: str,
    timeout: str,
    output: str,
) -> None:
    """Run a command periodically, or change how; the same again changes nothing.

    \b
    amml schedule add compact --every 1d --start 2026-01-01T03:00 --run 'lake compact co2'
    amml schedule add train --cron '0 3 * * MON' --tz Asia/Seoul --run 'run ett-train --wait'
    amml schedule add health --every 10m --missed skip --timeout 1m --run doctor

    A day is 24 hours for --every; --cron follows the clock of --tz, also where it changes in
    spring and autumn. A schedule runs one command at a time: what is due meanwhile counts as
    missed. No shell sees the line, and only what needs nobody to watch may run by itself.
    """
    check("schedule", name)
    if (every is None) == (cron is None):
        raise UserError("give either --every, as 1d, or --cron, as '0 3 * * *'")
    body = {
        "run": allowed.check(line),
        "every_ms": _milliseconds("--every", every) if every else None,
        "cron": check_cron(cron) if cron else None,
        "tz": check_zone(tz),
        "start": _start(start, tz) if start else None,
        "missed": missed,
        "timeout_ms": _milliseconds("--timeout", timeout),
    }
    with from_environment() as control:
        control.put(f"/schedules/{name}", body)
        schedule = control.get(f"/schedules/{name}")
    show(
        output,
        schedule,
        lambda: f"schedule {name}: {rule_text(schedule)}, next {next_run(schedule)}",
    )


@command.command("list")
@output_option
def list_(output: str) -> None:
    """Show all schedules, when each is due next, and how its last run ended.

    \b
    amml schedule list
    amml schedule list --output json
    """
    with from_environment() as control:
        found = control.get("/schedules")
    schedules = found["schedules"]
    if not schedules:
        say("no schedules yet: amml schedule add NAME --every 1d --run '...'")
    headers = ["NAME", "WHEN", "RUN", "NEXT", "LAST"]
    rows = [row(each | {"now": found["now"]}) for each in schedules]
    show(output, schedules, lambda: table(headers, rows))


@command.command("show")
@click.argument("name")
@output_option
def show_(name: str, output: str) -> None:
    """Show a schedule with its last runs, and what the newest has printed.

    \b
    amml schedule show compact
    amml schedule show compact --output json
    """
    with from_environment() as control:
        schedule = control.get(f"/schedules/{check('schedule', name)}")
    show(output, schedule, lambda: details(schedule))


@command.command("pause")
@click.argument("name")
@output_option
def pause(name: str, output: str) -> None:
    """Hold a schedule; a run that is under way goes on.

    \b
    amml schedule pause compact
    """
    schedule = _paused(name, True)
    show(output, schedule, lambda: f"schedule {name} is paused: amml schedule resume {name}")


@command.command("resume")
@click.argument("name")
@output_option
def resume(name: str, output: str) -> None:
    """Let a schedule go on; what was due while it was paused is not made up for.

    \b
    amml schedule resume compact
    """
    schedule = _paused(name, False)
    show(output, schedule, lambda: f"schedule {name} goes on, next {next_run(schedule)}")


@command.command("run")
@click.argument("name")
@click.option("--wait", is_flag=True, help="Wait for its end, and print what it printed.")
@output_option
def run(name: str, wait: bool, output: str) -> None:
    """Run a schedule's command now, or when the run under way has ended.

    \b
    amml schedule run compact
    amml schedule run compact --wait

    It is a run beside those that are due, and changes nothing about them.
    """
    with from_environment() as control:
        answer = control.post(f"/schedules/{check('schedule', name)}/now")
        if not wait:
            show(output, answer, lambda: f"schedule {name} runs: amml schedule show {name}")
            return
        ended = _ended(control, name, answer["due"])
    show(output, ended, lambda: "\n".join([*map(cell, ended["output"]), ended["state"]]))
    if ended["state"] != "completed":
        raise AmmlError(f"run {ended['id']} of schedule `{name}`: {ended['state']}")


@command.command("delete")
@click.argument("name")
@output_option
def delete(name: str, output: str) -> None:
    """Remove a schedule that is not running, with the history of its runs.

    \b
    amml schedule delete compact
    """
    with from_environment() as control:
        answer = control.delete(f"/schedules/{check('schedule', name)}")
    show(output, answer, lambda: f"schedule {name} is deleted")


def _paused(name: str, paused: bool) -> Mapping[str, Any]:
    with from_environment() as control:
        control.patch(f"/schedules/{check('schedule', name)}", {"paused": paused})
        return control.get(f"/schedules/{name}")


def _ended(control: Control, name: str, due: str) -> Mapping[str, Any]:
    """The run that was asked for, when it has ended."""
    worth_a_word = time.monotonic() + _PATIENCE
    while True:
        runs = control.get(f"/schedules/{name}")["runs"]
        found = next((each for each in runs if each["due"] == due), None)
        if found is not None and found["state"] != "running":
            return found
        if found is None and time.monotonic() > worth_a_word:
            worth_a_word = float("inf")
            say("no scheduler has taken it yet: `amml up` has one, or run `amml scheduler`")
        time.sleep(_LOOK)


def _milliseconds(option: str, text: str) -> int:
    try:
        found = milliseconds(text)
    except UserError as error:
        raise UserError(f"{option}: {error}") from None
    if not 1000 <= found <= 3650 * 86_400_000:
        raise UserError(f"{option}: expected from 1s to 3650d, found {text[:80]!r}")
    return found


def _start(text: str, tz: str) -> str:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(
            f"--start: expected a time as 2026-01-01T03:00, found {text[:80]!r}"
        ) from None
    return (time if time.tzinfo else time.replace(tzinfo=ZoneInfo(tz))).isoformat()
