"""`amml run`: a workflow that ended, once more."""

import os

import click

from amml_deploy.applying import carry_out
from amml_deploy.backends.local import Local
from amml_deploy.control import from_environment, home_of
from amml_deploy.errors import UserError
from amml_deploy.names import check
from amml_deploy.output import output_option, say
from amml_deploy.plan_text import plan_text
from amml_deploy.preparing import Choices, prepare_again


@click.command("run")
@click.argument("name")
@click.option("--wait", is_flag=True, help="Wait until it has completed.")
@output_option
def command(name: str, wait: bool, output: str) -> None:
    """Start a new run of a workflow that ends by itself, such as a training.

    \b
    amml run ett-train
    amml run ett-train --wait

    Text and options are those of the last deploy; sources and models are as they are now.
    """
    with from_environment() as control:
        prepared = prepare_again(control, check("workflow", name), Choices(new_run=True))
        if not prepared.plan.bounded:
            raise UserError(
                f"`{name}` does not end by itself: it goes on in its run. To start anew from "
                f"the beginning, deploy it with --fresh"
            )
        say(plan_text(prepared))
        carry_out(Local(control, home_of(os.environ)), prepared, wait, output)
