"""`amml certify`: a workflow run under faults in a sandbox, and what came of it."""

import os
import signal
from pathlib import Path

import click

from amml_deploy.control import from_environment, home_of
from amml_deploy.errors import UserError
from amml_deploy.output import output_option, say, show
from amml_deploy.planner.settings import milliseconds, parse_sets
from amml_deploy.platform import home as homes
from amml_deploy.platform.home import Home
from amml_deploy.workflow_text import TextCommand, compiled, text_of

_INPUT = "What it reads instead of its own input."


@click.command("certify", cls=TextCommand)
@click.argument("workflow", metavar="'TEXT'|FILE")
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--seed", default=1, show_default=True, help="The same seed draws the same faults.")
@click.option("--input", default="recorded", metavar="SOURCE|generated", help=_INPUT)
@click.option(
    "--rows", default=20_000, show_default=True, type=click.IntRange(1), help="Of each source."
)
@click.option("--spread", default="5s", show_default=True, help="Time a source's rows take.")
@click.option("--broker", is_flag=True, help="Freeze the broker, too: all workflows feel that.")
@click.option("--partitions", default=1, show_default=True, type=int)
@click.option("--set", "sets", multiple=True, metavar="STEP.OPTION=VALUE", help="As for deploy.")
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="Write the report there, too."
)
@output_option
@click.pass_context
def command(
    context: click.Context,
    workflow: str,
    rounds: int,
    seed: int,
    input: str,
    rows: int,
    spread: str,
    broker: bool,
    partitions: int,
    sets: tuple[str, ...],
    report: Path | None,
    output: str,
) -> None:
    """Run a workflow under faults in a sandbox, and say whether a row was lost or doubled.

    \b
    amml certify 'normalsource rows=5000 | mean_std | print' --rounds 2
    amml certify 'source id="ett" | filter cond = OT > 30 | mean_std of=OT | print' --rounds 20
    amml certify 'source id="ett" | filter cond = OT > 30 | alert' --input generated
    amml certify hot.amml --seed 7 --report certificate.md

    Nothing of your workflows is touched, and nothing stays. Exit code 0: no anomalies; 1: some.
    """
    text = text_of(workflow)
    compiled(text)  # what is wrong with the text is told without a platform
    if report is not None and not report.absolute().parent.is_dir():
        raise UserError(f"--report: there is no folder {report.absolute().parent}")
    from amml_deploy.certify.asking import Options, ask
    from amml_deploy.certify.certify import certify
    from amml_deploy.certify.ground import sandbox
    from amml_deploy.certify.markdown import markdown

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that nothing stays behind
    options = Options(
        input, rounds, seed, broker, rows, milliseconds(spread) / 1000, partitions, parse_sets(sets)
    )
    with from_environment() as control:
        platform = homes.read(Home(home_of(os.environ).absolute()))
        with sandbox(platform, control) as ground:
            certificate = certify(ask(ground, text, options), ground, say)
    if report is not None:
        report.write_text(markdown(certificate), encoding="utf-8")
        say(f"the report is in {report}")
    show(output, certificate.document(), lambda: markdown(certificate))
    if certificate.anomalies:
        context.exit(1)
