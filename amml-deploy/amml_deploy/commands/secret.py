"""`amml secret`: passwords by name, which no command shows again."""

import sys

import click

from amml_deploy.control import from_environment
from amml_deploy.errors import UserError
from amml_deploy.names import check
from amml_deploy.output import output_option, say, show, table


@click.group("secret")
def command() -> None:
    """Keep passwords where configurations only name them, as ${secret:NAME}.

    \b
    amml secret set hall-db
    amml secret list
    amml secret remove hall-db
    """


@command.command("set")
@click.argument("name")
@output_option
def set_(name: str, output: str) -> None:
    """Set a secret: its value is typed without being shown, or comes from stdin.

    \b
    amml secret set hall-db
    amml secret set hall-db < password.txt
    printenv DB_PASSWORD | amml secret set hall-db

    A line break at the end does not belong to it. Connectors read a changed value when they are
    restarted: `amml connect restart NAME --all`.
    """
    check("secret", name)
    value = _value(name)
    with from_environment() as control:
        answer = control.put(f"/secrets/{name}", value.encode())
    verb = "is set" if answer["changed"] else "was that already"
    show(output, answer, lambda: f"secret {name} {verb}; write it ${{secret:{name}}}")


@command.command("list")
@output_option
def list_(output: str) -> None:
    """Show the names of all secrets; nothing shows their values.

    \b
    amml secret list
    """
    with from_environment() as control:
        secrets = control.get("/secrets")
    if not secrets:
        say("no secrets yet: amml secret set NAME")
    show(output, secrets, lambda: table(["NAME"], [[each["name"]] for each in secrets]))


@command.command("remove")
@click.argument("name")
@output_option
def remove(name: str, output: str) -> None:
    """Remove a secret that no connector uses.

    \b
    amml secret remove hall-db
    """
    check("secret", name)
    with from_environment() as control:
        answer = control.delete(f"/secrets/{name}")
    for note in answer["notes"]:
        say(note)
    show(output, answer, lambda: f"secret {name} is removed")


def _value(name: str) -> str:
    if sys.stdin.isatty():
        value = click.prompt(f"value of {name}", hide_input=True, err=True, default="")
    else:
        try:
            value = sys.stdin.buffer.read().decode().removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError:
            raise UserError("the value is no UTF-8 text") from None
    if not value:
        raise UserError("the value is empty")
    return value
