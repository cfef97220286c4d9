"""`amml down`: stop the embedded platform."""

import click

from amml_deploy.output import output_option, show


@click.command("down")
@click.option("--purge", is_flag=True, help="Remove all data too, for good.")
@click.option("--yes", is_flag=True, help="Do not ask before removing.")
@output_option
def command(purge: bool, yes: bool, output: str) -> None:
    """Stop all workflows and servers of this machine; data stays.

    \b
    amml down
    amml down --purge --yes

    `amml up` goes on where this stopped. --purge removes ~/.amml (AMML_HOME) with every topic,
    model, source and alert in it; only the download cache in ~/.cache/amml stays.
    """
    import os
    import sys

    from amml_deploy.control import home_of
    from amml_deploy.platform.platform import down
    from amml_deploy.progress import progress

    home = home_of(os.environ)
    if purge and not yes and home.exists() and sys.stdin.isatty():
        click.confirm(f"remove {home} and all data in it?", abort=True, err=True)
    with progress() as report:
        down(home, report, purge)
    document = {"home": str(home), "purged": purge}
    text = f"{home} is removed" if purge else f"the platform at {home} is down"
    show(output, document, lambda: text)
