"""`amml undeploy`: stop a workflow and remove what it left."""

import os
import sys

import click

from amml_deploy.backends.choosing import backend_of
from amml_deploy.control import from_environment
from amml_deploy.names import check
from amml_deploy.output import output_option, show
from amml_deploy.waiting import wait_until_gone


@click.command("undeploy")
@click.argument("name")
@click.option("--keep-data", is_flag=True, help="Keep the topics and what is in them.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@output_option
def command(name: str, keep_data: bool, yes: bool, output: str) -> None:
    """Stop a workflow for good, remove its topics, and wait until all of it is gone.

    \b
    amml undeploy hot
    amml undeploy hot --keep-data --yes

    Alerts, models and named topics stay. On a terminal it asks before data is removed.
    """
    with from_environment() as control:
        backend = backend_of(control, check("workflow", name), os.environ)
        if not (yes or keep_data) and sys.stdin.isatty():
            click.confirm(f"remove `{name}` with all its topics?", abort=True, err=True)
        backend.remove(name, keep_data)
        wait_until_gone(backend, name)
    document = {"workflow": name, "removed": True, "kept_data": keep_data}
    said = "is gone; its topics are kept" if keep_data else "is gone, its topics too"
    show(output, document, lambda: f"`{name}` {said}")
