"""`amml scale`: more or fewer processes for the steps of a workflow that runs."""

import os
import re
from collections.abc import Sequence

import click

from amml_deploy.applying import carry_out
from amml_deploy.backends.choosing import backend
from amml_deploy.control import Control, from_environment
from amml_deploy.errors import UserError
from amml_deploy.names import check
from amml_deploy.output import output_option, say
from amml_deploy.plan_text import plan_text
from amml_deploy.planner.settings import parse_sets
from amml_deploy.preparing import Choices, Prepared, prepare_again


@click.command("scale")
@click.argument("counts", nargs=-1, required=True, metavar="WORKFLOW.STEP=N...")
@click.option("--wait", is_flag=True, help="Wait until all processes are at work.")
@output_option
def command(counts: tuple[str, ...], wait: bool, output: str) -> None:
    """Give steps of a running workflow another number of processes.

    \b
    amml scale hot.filter=3
    amml scale hot.topic=2 hot.filter=4 --wait

    The partitions are dealt out anew: the processes of the step finish what they have begun, then
    the new ones go on from there, exactly once. A step has at most as many processes as the
    workflow has partitions, which are chosen when its run begins (`amml deploy --partitions 4`).
    With none at all it pauses: what is sent to it waits.
    """
    name, sets = _read(counts)
    with from_environment() as control:
        prepared = _prepared(control, name, sets)
        if not prepared.unchanged:
            say(plan_text(prepared))
        chosen = backend(prepared.settings.target, control, os.environ)
        carry_out(chosen, prepared, wait, output)


def _read(counts: Sequence[str]) -> tuple[str, list[str]]:
    """The workflow, and what is to be set."""
    found: dict[str, list[str]] = {}
    for text in counts:
        match = re.fullmatch(r"([^.=]+)\.([^.=]+)=(0|[1-9]\d{0,3})", text)
        if match is None:
            example = "workflow.step=N, such as hot.filter=3, N from 0 on"
            raise UserError(f"expected {example}; found {text[:80]!r}")
        found.setdefault(match[1], []).append(f"{match[2]}.count={match[3]}")
    if len(found) > 1:
        raise UserError(f"one workflow at a time, found {', '.join(found)}")
    return next(iter(found.items()))


def _prepared(control: Control, name: str, sets: list[str]) -> Prepared:
    """The plan of what runs, with other counts.

    Errors: UserError, there is no such workflow or step, or it cannot have so many.
    """
    prepared = prepare_again(control, check("workflow", name), Choices(options=parse_sets(sets)))
    old = prepared.old
    if old is None or old.desired != "running":
        raise UserError(f"`{name}` does not run: `amml deploy` takes `--set {sets[0]}`")
    if old.run != prepared.plan.run:
        raise UserError(
            f"`{name}` ends by itself, so other processes mean a new run: "
            f"`amml deploy {name} ... --set {sets[0]}`"
        )
    return prepared
