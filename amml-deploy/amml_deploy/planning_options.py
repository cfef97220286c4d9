"""The options that plan and deploy have in common."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from amml_deploy.planner.settings import TARGETS, milliseconds, parse_autoscale, parse_sets
from amml_deploy.preparing import Choices


def planning_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; the command gets them as `choices`."""

    @click.option("--target", type=click.Choice(TARGETS), help=_TARGET)
    @click.option("--set", "sets", multiple=True, metavar="STEP.OPTION=VALUE", help=_SET)
    @click.option("--partitions", type=int, help="Partitions of each topic (1 at first).")
    @click.option("--retention", help="How long topics keep data, such as 7d (the default).")
    @click.option("--fuse/--no-fuse", default=None, help=_FUSE)
    @click.option("--autoscale", nargs=2, metavar="min=N max=N", help=_AUTOSCALE)
    @click.option("--no-autoscale", is_flag=True, help="Leave the processes as many as they are.")
    @click.option("--fresh", is_flag=True, help="Start a new run, from the beginning.")
    @wraps(command)
    def with_choices(
        *,
        sets: tuple[str, ...],
        partitions: int | None,
        retention: str | None,
        fuse: bool | None,
        fresh: bool,
        target: str | None,
        autoscale: tuple[str, str] | None,
        no_autoscale: bool,
        **others: Any,
    ) -> Any:
        kept = None if retention is None else milliseconds(retention)
        bounds = parse_autoscale(autoscale) if autoscale else False if no_autoscale else None
        choices = Choices(partitions, kept, parse_sets(sets), fuse, fresh, target, bounds)
        return command(choices=choices, **others)

    return with_choices


_AUTOSCALE = "Give each step as many processes as its load needs, within these bounds."
_TARGET = "Where it runs (local at first)."
_FUSE = "Run neighbouring stateless steps in one process, without topics between (off at first)."
_SET = (
    "How a step is run: count, on_error (dlq, stop, skip), linger, lateness, wait, "
    "from (now, start)."
)
