"""`amml autoscale`: give the steps in containers as many processes as they need."""

import os

import click

from amml_deploy.autoscale.autoscaler import Autoscaler, Change
from amml_deploy.control import from_environment
from amml_deploy.output import as_json_line, output_option, say
from amml_deploy.planner.settings import TARGETS

_ELSEWHERE = tuple(target for target in TARGETS if target != "local")


@click.command("autoscale")
@output_option
def command(output: str) -> None:
    """Look after the load of workflows deployed with --autoscale, until stopped with Ctrl-C.

    \b
    amml deploy hot hot.amml --target compose --partitions 4 --autoscale min=0 max=4
    amml autoscale

    For workflows in containers, on Compose or Kubernetes. For those on the machine itself the
    platform does it from `amml up` on. It may run anywhere from where `amml scale` works, and be
    stopped and started at any time: what it has learned is forgotten, what runs goes on.
    """

    def tell(change: Change) -> None:
        click.echo(as_json_line(vars(change)) if output == "json" else change)

    with from_environment() as control:
        control.get("/workflows")  # a wrong address or token is told now, and ends it
        say(f"looking after workflows on {' and '.join(_ELSEWHERE)}; Ctrl-C ends it")
        try:
            Autoscaler(control, os.environ, _ELSEWHERE, tell, say).run()
        except KeyboardInterrupt:
            say("")
