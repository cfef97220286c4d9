"""`amml plan`: what a deploy would do, without doing it."""

import os

import click

from amml_deploy.acl_text import Principals, acl_document, acl_text
from amml_deploy.control import bootstrap_of, from_environment, home_of
from amml_deploy.output import output_option, show
from amml_deploy.plan_text import plan_document, plan_text
from amml_deploy.planning_options import planning_options
from amml_deploy.preparing import Choices, prepare
from amml_deploy.workflow_text import TextCommand, text_of


@click.command("plan", cls=TextCommand)
@click.argument("name")
@click.argument("workflow", metavar="'TEXT'|FILE")
@planning_options
@click.option("--acls", is_flag=True, help="Print the rules of Kafka that it needs, instead.")
@click.option("--principal", default="", help="With --acls: who runs it (User:amml-NAME at first).")
@click.option("--deployer", default="", help="With --acls: who deploys it, for whose rules, too.")
@output_option
def command(
    name: str,
    workflow: str,
    choices: Choices,
    acls: bool,
    principal: str,
    deployer: str,
    output: str,
) -> None:
    """Show what `amml deploy` would change: + new, ~ changed, = as it was, - gone.

    \b
    amml plan hot 'source id="ett" | filter cond = OT > 45 | alert'
    amml plan hot hot.amml --set filter.count=2 --partitions 2
    amml plan hot hot.amml --acls --deployer User:ops

    Nothing is written. A missing source, model or column is reported here.
    """
    if (principal or deployer) and not acls:
        raise click.UsageError("--principal and --deployer go with --acls")
    principals = Principals(principal, deployer)
    with from_environment() as control:
        prepared = prepare(control, name, text_of(workflow), choices)
    if acls:
        kafka = bootstrap_of(home_of(os.environ), os.environ)
        document = acl_document(prepared.plan, principals)
        show(output, document, lambda: acl_text(prepared.plan, principals, kafka))
        return
    show(output, plan_document(prepared), lambda: plan_text(prepared))
