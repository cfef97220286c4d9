"""`amml list`: the workflows there are."""

import click

from amml_deploy.control import from_environment
from amml_deploy.output import output_option, say, show, table
from amml_deploy.status import summary

_KEYS = ("name", "state", "desired", "run", "version", "sources", "models")


@click.command("list")
@output_option
def command(output: str) -> None:
    """List the deployed workflows, with what they read and which models they use.

    \b
    amml list
    amml list --output json
    """
    with from_environment() as control:
        every = [{**workflow, **summary(workflow)} for workflow in control.get("/workflows")]
    documents = [{key: each[key] for key in _KEYS} for each in every]
    if not documents:
        say("no workflows yet: amml deploy NAME 'source ... | print'")
    headers = ["NAME", "STATE", "WANTED", "RUN", "VERSION", "SOURCES", "MODELS"]
    show(output, documents, lambda: table(headers, [list(each.values()) for each in documents]))
