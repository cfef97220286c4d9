"""`amml list`: the workflows there are."""

import os

import click

from amml_deploy.backends.choosing import looked_at
from amml_deploy.control import from_environment
from amml_deploy.output import output_option, say, show, table
from amml_deploy.status import summary

_KEYS = ("name", "state", "desired", "run", "version", "target", "sources", "models")


@click.command("list")
@output_option
def command(output: str) -> None:
    """List the deployed workflows, with what they read and which models they use.

    \b
    amml list
    amml list --output json
    """
    with from_environment() as control:
        found = [looked_at(control, each, os.environ) for each in control.get("/workflows")]
    every = [{**workflow, **summary(workflow)} for workflow in found]
    documents = [{key: each[key] for key in _KEYS} for each in every]
    if not documents:
        say("no workflows yet: amml deploy NAME 'source ... | print'")
    headers = ["NAME", "STATE", "WANTED", "RUN", "VERSION", "TARGET", "SOURCES", "MODELS"]
    show(output, documents, lambda: table(headers, [list(each.values()) for each in documents]))
