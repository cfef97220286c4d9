"""`amml tail`: the rows of any edge as they come, moving nobody's offsets."""

from collections.abc import Iterable, Mapping
from typing import Any

import click

from amml_deploy.broker import bootstrap, is_there
from amml_deploy.catalogue import deployed
from amml_deploy.control import from_environment
from amml_deploy.edges import ALERTS, split_step, topic_of
from amml_deploy.names import check
from amml_deploy.output import as_json_line, output_option, say
from amml_deploy.printing_rows import plain, row_line


@click.command("tail")
@click.argument("edge", metavar="NAME[.STEP]|alerts")
@click.argument("workflow", required=False)
@click.option("-n", "last", default=10, show_default=True, type=click.IntRange(0, 1_000_000))
@click.option("--follow/--no-follow", default=True, help="Go on with what comes.  [default: yes]")
@output_option
def command(edge: str, workflow: str | None, last: int, follow: bool, output: str) -> None:
    """Show the last rows that a step wrote, and those that follow.

    \b
    amml tail alerts
    amml tail alerts hot
    amml tail ett-predict
    amml tail ett-predict.eval -n 100 --no-follow

    NAME alone shows what arrives at the end of the workflow. Only committed rows are shown. With
    --output json each row is one line.
    """
    from amml_runtime.tail import follow as rows_of

    topic = _topic(edge, workflow)
    try:
        if not is_there(topic, wait=follow):
            return
        rows = rows_of(bootstrap(), topic, last, follow)
        for row in _of_workflow(rows, workflow):
            click.echo(_json(row) if output == "json" else row_line(row))
    except KeyboardInterrupt:
        say("")  # following ends like this, which is no failure


def _topic(edge: str, workflow: str | None) -> str:
    if edge == "alerts":
        if workflow is not None:
            check("workflow", workflow)
        return ALERTS
    if workflow is not None:
        raise click.UsageError("a second NAME goes with `alerts` only: amml tail alerts NAME")
    name, label = split_step(edge)
    with from_environment() as control:
        return topic_of(deployed(control.get(f"/workflows/{name}")).plan, label)


def _of_workflow(
    rows: Iterable[Mapping[str, Any]], workflow: str | None
) -> Iterable[Mapping[str, Any]]:
    return (row for row in rows if workflow is None or row.get("workflow") == workflow)


def _json(row: Mapping[str, Any]) -> str:
    return as_json_line({name: plain(value) for name, value in row.items()})
