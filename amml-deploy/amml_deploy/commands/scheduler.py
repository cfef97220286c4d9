"""`amml scheduler`: carry out what schedules say, where no platform does it."""

import os
import signal

import click

from amml_deploy.control import from_environment
from amml_deploy.output import as_json_line, output_option, say
from amml_deploy.scheduler.scheduler import Scheduler


@click.command("scheduler")
@output_option
def command(output: str) -> None:
    """Run the commands of `amml schedule` when they are due, until stopped with Ctrl-C.

    \b
    amml schedule add compact --every 1d --run 'lake compact co2'
    amml scheduler

    The platform of `amml up` does this already. Beside one in containers it runs wherever `amml`
    works; there may be several, and each due time is one run of one of them. What runs when it is
    stopped is stopped too, and marked so.
    """

    def tell(what: str) -> None:
        click.echo(as_json_line({"said": what}) if output == "json" else what)

    with from_environment() as control:
        control.get("/schedules")  # a wrong address or token is told now, and ends it
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # as containers are stopped
        say("looking after schedules; Ctrl-C ends it")
        try:
            Scheduler(control, os.environ, tell).run()
        except KeyboardInterrupt:
            say("")
