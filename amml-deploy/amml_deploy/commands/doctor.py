"""`amml doctor`: what is wrong with the platform and what stands on it, and what to do."""

import os

import click

from amml_deploy.output import as_json, output_option


@click.command("doctor")
@click.option("--fix", is_flag=True, help="Remove what crashes have left over, after asking.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@output_option
@click.pass_context
def command(context: click.Context, fix: bool, yes: bool, output: str) -> None:
    """Look at every server, file and workflow; say what is wrong, what it means, and the fix.

    \b
    amml doctor
    amml doctor --fix
    amml doctor --fix --yes --output json

    It changes nothing without --fix, and works whatever is down. --fix removes only what nothing
    uses any more, such as topics of workflows that are gone. Exit code 1: there are problems.
    """
    from amml_deploy.control import home_of
    from amml_deploy.doctor import telling  # and with it every client there is
    from amml_deploy.doctor.examine import examine
    from amml_deploy.doctor.site import Site

    site, aloud = Site(home_of(os.environ)), output == "text"
    found = list(telling.told(examine(site), aloud))
    removed = telling.fix(site, found, yes) if fix else []
    if removed:
        found = list(examine(site.anew()))
    problems = sum(each.finding.level == "problem" for each in found)
    if aloud:
        click.echo(f"{problems} problem{'s' * (problems > 1)}" if problems else "no problems")
    else:
        findings = [each.document() for each in found]
        click.echo(as_json({"healthy": not problems, "findings": findings, "removed": removed}))
    context.exit(1 if problems else 0)
