"""`amml status`: how workflows are, and what each of their steps is doing."""

import os
import time
from collections.abc import Mapping
from typing import Any

import click

from amml_deploy.backends.choosing import looked_at
from amml_deploy.control import bootstrap_of, from_environment, home_of
from amml_deploy.names import check
from amml_deploy.output import output_option, say, show, table
from amml_deploy.reachable import broker_trouble
from amml_deploy.scrape import scrape
from amml_deploy.status import ports, step_rows, summary

_BETWEEN = 1.0  # seconds between two looks at the figures, for the rate

_COLUMNS = {
    "STEP": "label",
    "STATE": "state",
    "IN": "rows_in",
    "OUT": "rows_out",
    "ROWS/S": "rows_per_second",
    "LAG": "lag_records",
    "LAG S": "lag_seconds",
    "COMMIT MS": "commit_ms",
    "RESTARTS": "restarts",
    "DEAD": "dead_letters",
}


@click.command("status")
@click.argument("name", required=False)
@output_option
def command(name: str | None, output: str) -> None:
    """Show all workflows, or every step of the one named NAME.

    \b
    amml status
    amml status ett-predict
    amml status ett-predict --output json

    The figures of a step come from the step itself, at this moment: rows in and out since it
    started, rows a second, how far it is behind in records and in seconds, how long a commit takes.
    A step that is not running has none.
    """
    if name is None:
        _all(output)
    else:
        _one(check("workflow", name), output)


def _all(output: str) -> None:
    with from_environment() as control:
        found = [looked_at(control, each, os.environ) for each in control.get("/workflows")]
    every = [summary(workflow) for workflow in found]
    _warn_of_kafka()
    if not every:
        say("no workflows yet: amml deploy NAME 'source ... | print'")
    for each in every:
        _warn(each)
    rows = [[each["name"], each["state"], each["desired"], each["run"]] for each in every]
    show(output, every, lambda: table(["NAME", "STATE", "WANTED", "RUN"], rows))


def _one(name: str, output: str) -> None:
    with from_environment() as control:
        workflow = looked_at(control, control.get(f"/workflows/{name}"), os.environ)
    trouble = _warn_of_kafka()
    wanted = ports(workflow)
    before, start = scrape(wanted), time.monotonic()
    if before:
        time.sleep(_BETWEEN)
    after = scrape(wanted)
    steps = step_rows(workflow, before, after, time.monotonic() - start)
    reason = trouble or (workflow.get("status") or {}).get("message") or None
    document = summary(workflow) | {"reason": reason, "steps": steps}
    _warn(document)
    show(output, document, lambda: _text(document))


def _warn_of_kafka() -> str:
    """The one reason that no step can tell itself: without Kafka, all of them wait."""
    trouble = broker_trouble(bootstrap_of(home_of(os.environ), os.environ))
    if trouble:
        say(f"{trouble}: no row moves until it does. Is the platform up? run `amml up`")
    return trouble


def _warn(workflow: Mapping[str, Any]) -> None:
    """An old report is no news, and is not shown as such."""
    if not workflow["stale"]:
        return
    age = workflow["report_age_seconds"]
    if age is None:
        say(f"{workflow['name']}: the supervisor has not reported yet")
    else:
        last = workflow["reported_state"]
        say(
            f"{workflow['name']}: the supervisor last reported {age:.0f} s ago ({last}); "
            "what is so now is unknown. Is the platform up? run `amml up`"
        )


def _text(workflow: Mapping[str, Any]) -> str:
    head = f"{workflow['name']}: {workflow['state']}, run {workflow['run']}"
    rows = [
        [step[key] for key in _COLUMNS.values()] + [f"{step['running']}/{step['slots']}"]
        for step in workflow["steps"]
    ]
    told = [step for step in workflow["steps"] if step["reason"] not in ("", None, step["state"])]
    reasons = [f"{step['label']}: {step['reason']}" for step in told]
    return "\n".join([head, table([*_COLUMNS, "SLOTS"], rows), *reasons])
