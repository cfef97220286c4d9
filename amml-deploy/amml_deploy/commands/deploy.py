"""`amml deploy`: make a text the workflow that runs."""

import os
import sys

import click

from amml_deploy.applying import carry_out
from amml_deploy.backends.choosing import backend
from amml_deploy.control import from_environment
from amml_deploy.errors import UserError
from amml_deploy.output import output_option, say
from amml_deploy.plan_text import dropped_states, plan_text
from amml_deploy.planning_options import planning_options
from amml_deploy.preparing import Choices, Prepared, prepare
from amml_deploy.workflow_text import TextCommand, text_of


@click.command("deploy", cls=TextCommand)
@click.argument("name")
@click.argument("workflow", metavar="'TEXT'|FILE")
@planning_options
@click.option("--wait", is_flag=True, help="Wait until it runs or, if it ends, has completed.")
@click.option("--yes", is_flag=True, help="Do not ask before state is dropped.")
@output_option
def command(
    name: str,
    workflow: str,
    choices: Choices,
    wait: bool,
    yes: bool,
    output: str,
) -> None:
    """Run a workflow, or change the one of that name; the same again changes nothing.

    \b
    amml deploy hot 'source id="ett" | filter cond = OT > 40 | alert'
    amml deploy ett-train train.amml --wait
    amml deploy hot hot.amml --set filter.count=2 --partitions 2

    It can be killed at any moment and repeated: all of it is done, or nothing.
    """
    with from_environment() as control:
        prepared = prepare(control, name, text_of(workflow), choices)
        if not prepared.unchanged:
            say(plan_text(prepared))
        if not yes:
            _ask_for_state(prepared)
        chosen = backend(prepared.settings.target, control, os.environ)
        carry_out(chosen, prepared, wait, output)


def _ask_for_state(prepared: Prepared) -> None:
    dropped = dropped_states(prepared)
    if not dropped:
        return
    question = f"the state of {', '.join(f'`{label}`' for label in dropped)} is dropped"
    if not sys.stdin.isatty():
        raise UserError(f"{question}: say so with --yes")
    click.confirm(f"{question}. Go on?", abort=True, err=True)
