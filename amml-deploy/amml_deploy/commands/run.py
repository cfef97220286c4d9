"""`amml run`: a workflow that ended, once more."""

import os

import click

from amml_deploy.applying import carry_out
from amml_deploy.backends.choosing import backend_of
from amml_deploy.control import from_environment
from amml_deploy.errors import AmmlError, UserError
from amml_deploy.names import check
from amml_deploy.output import output_option, say
from amml_deploy.plan_text import plan_text
from amml_deploy.preparing import Choices, Prepared, prepare_again


@click.command("run")
@click.argument("name")
@click.option("--wait", is_flag=True, help="Wait until it has completed.")
@output_option
def command(name: str, wait: bool, output: str) -> None:
    """Start a new run of a workflow that ends by itself, such as a training.

    \b
    amml run ett-train
    amml run ett-train --wait

    It is refused while a run is under way: `amml deploy --fresh` stops that one and starts anew.
    Text and options are those of the last deploy; sources and models are as they are now.
    """
    with from_environment() as control:
        backend = backend_of(control, check("workflow", name), os.environ)
        backend.status(name)  # what is known of the last run is to be no older than this
        prepared = prepare_again(control, name, Choices(new_run=True))
        if not prepared.plan.bounded:
            raise UserError(
                f"`{name}` does not end by itself: it goes on in its run. To start anew from "
                f"the beginning, deploy it with --fresh"
            )
        _refuse_while_running(prepared)
        say(plan_text(prepared))
        carry_out(backend, prepared, wait, output)


def _refuse_while_running(prepared: Prepared) -> None:
    """A second start must not throw away a training that is half done."""
    old = prepared.old
    if old is None or old.desired != "running" or old.state in ("completed", "failed"):
        return
    raise AmmlError(
        f"run {old.run} of `{old.name}` has not ended: `amml status {old.name}` shows how it is. "
        f"To stop it and start anew, deploy it with --fresh"
    )
