"""`amml plan`: what a deploy would do, without doing it."""

import click

from amml_deploy.control import from_environment
from amml_deploy.output import output_option, show
from amml_deploy.plan_text import plan_document, plan_text
from amml_deploy.planning_options import planning_options
from amml_deploy.preparing import Choices, prepare
from amml_deploy.workflow_text import TextCommand, text_of


@click.command("plan", cls=TextCommand)
@click.argument("name")
@click.argument("workflow", metavar="'TEXT'|FILE")
@planning_options
@output_option
def command(name: str, workflow: str, choices: Choices, output: str) -> None:
    """Show what `amml deploy` would change: + new, ~ changed, = as it was, - gone.

    \b
    amml plan hot 'source id="ett" | filter cond = OT > 45 | alert'
    amml plan hot hot.amml --set filter.count=2 --partitions 2

    Nothing is written. A missing source, model or column is reported here.
    """
    with from_environment() as control:
        prepared = prepare(control, name, text_of(workflow), choices)
    show(output, plan_document(prepared), lambda: plan_text(prepared))
