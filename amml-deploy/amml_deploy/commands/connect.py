"""`amml connect`: connectors of Kafka Connect, which bring rows in from databases."""

import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from amml_deploy.connector_files import jdbc_config, parse, read, setting
from amml_deploy.connectors import Seen, restarts, seen, wait, wait_until_gone, with_worker
from amml_deploy.control import Control, ControlError, from_environment
from amml_deploy.errors import AmmlError, UserError
from amml_deploy.names import check
from amml_deploy.output import facts, output_option, say, show, table

T = TypeVar("T")

_RESTING = ("PAUSED", "STOPPED")


@click.group("connect")
def command() -> None:
    """Bring rows in from databases, with connectors of Kafka Connect.

    \b
    amml secret set hall-db
    amml connect add hall --jdbc jdbc:postgresql://db/hall --user reader \\
        --password-secret hall-db --table co2 --time at --id id
    amml connect add connector.json
    amml connect status
    """


@command.command("add")
@click.argument("what", metavar="FILE|-|NAME")
@click.option("--name", help="The connector's name, where the file does not say it.")
@click.option("--jdbc", metavar="URL", help="Read tables at this address, as jdbc:postgresql://...")
@click.option("--user", help="Who reads them.")
@click.option("--password-secret", metavar="SECRET", help="The secret with the password.")
@click.option("--table", "tables", multiple=True, help="A table or view; may be repeated.")
@click.option("--query", help="A SELECT in place of tables.")
@click.option("--time", "time_column", metavar="COLUMN", help="When a row was last changed.")
@click.option("--id", "id_column", metavar="COLUMN", help="A number that grows with each row.")
@click.option(
    "--mode", type=click.Choice(["bulk", "incrementing", "timestamp", "timestamp+incrementing"])
)
@click.option("--every", help="How often to look, as 10s.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Any other setting.")
@click.option("--no-wait", is_flag=True, help="Do not wait until it runs.")
@output_option
def add(
    what: str,
    name: str | None,
    settings: tuple[str, ...],
    no_wait: bool,
    output: str,
    **jdbc: Any,
) -> None:
    """Add a connector, or change it, and wait until it runs; the same again changes nothing.

    \b
    amml connect add connector.json
    amml connect add settings.yaml --name hall
    curl -s https://host/connector.json | amml connect add -
    amml connect add hall --jdbc jdbc:postgresql://db/hall --user reader \\
        --password-secret hall-db --table co2 --time at --id id --every 10s
    amml connect add hall --jdbc jdbc:sqlite:/srv/hall.db --table co2 --set batch.max.rows=500

    FILE is JSON or YAML: the body of Connect's own REST API, {"name", "config"}, or the settings
    alone. A password in plain becomes a secret, and the configuration refers to it. The topic is
    NAME.TABLE (--set topic.prefix=...). --mode follows from --time and --id unless given.
    """
    named, config = _wanted(what, name, jdbc)
    config |= dict(map(setting, settings))
    check("connector", named)
    with from_environment() as control:
        answer = _registered(control, named, config)
        for note in answer["notes"] if answer["changed"] else ():
            say(f"{named}: {note}")
        verb = _verb(answer)
        now = None if no_wait else wait(control, named)
    document = answer | ({"state": now.state} if now else {})
    if now and now.state in _RESTING:
        say(f"{named}: it rests; `amml connect resume {named}` lets it go on")
    elif now and now.state != "RUNNING":
        raise _failure(now, f"connector {named} {verb}, and does not run")
    show(output, document, lambda: f"connector {named} {verb}" + f": {now}" * bool(now))


@command.command("list")
@output_option
def list_(output: str) -> None:
    """Show all connectors.

    \b
    amml connect list
    amml connect list --output json
    """
    with from_environment() as control:
        every = control.get("/connectors", expand=["info", "status"])
    rows = [_row(each["info"], seen(each["status"])) for _, each in sorted(every.items())]
    if not rows:
        say("no connectors yet: amml connect add FILE")
    headers = ["NAME", "CLASS", "STATE", "TASKS"]
    show(output, rows, lambda: table(headers, [list(row.values())[:4] for row in rows]))


@command.command("show")
@click.argument("name")
@output_option
def show_(name: str, output: str) -> None:
    """Show the settings of a connector; secrets are references.

    \b
    amml connect show hall
    amml connect show hall --output json > connector.json
    """
    check("connector", name)
    with from_environment() as control:
        config = control.get(f"/connectors/{name}/config")
    document = {"name": name, "config": config}
    show(output, document, lambda: facts(dict(sorted(config.items()))))


@command.command("status")
@click.argument("name", required=False)
@output_option
def status(name: str | None, output: str) -> None:
    """Show how connectors and their tasks are, and why one has failed.

    \b
    amml connect status
    amml connect status hall
    """
    if name is not None:
        check("connector", name)
    with from_environment() as control:
        if name is not None:
            found = [control.get(f"/connectors/{name}/status")]
        else:
            every = control.get("/connectors", expand=["status"])
            found = [each["status"] for _, each in sorted(every.items())]
    if not found:
        say("no connectors yet: amml connect add FILE")
    states = [seen(each) for each in found]
    rows = [[each.name, each.state, f"{each.running}/{each.tasks}", each.cause] for each in states]
    document = [
        {**each, "state": state.state, "cause": state.cause}
        for each, state in zip(found, states, strict=True)
    ]
    shown = document[0] if name is not None else document
    show(output, shown, lambda: table(["NAME", "STATE", "TASKS", "CAUSE"], rows))


@command.command("pause")
@click.argument("name")
@output_option
def pause(name: str, output: str) -> None:
    """Let a connector rest; it keeps where it was.

    \b
    amml connect pause hall
    """
    check("connector", name)
    with from_environment() as control:
        control.put(f"/connectors/{name}/pause")
    show(output, {"name": name, "paused": True}, lambda: f"connector {name} pauses")


@command.command("resume")
@click.argument("name")
@click.option("--no-wait", is_flag=True, help="Do not wait until it runs.")
@output_option
def resume(name: str, no_wait: bool, output: str) -> None:
    """Let a paused connector go on where it was.

    \b
    amml connect resume hall
    """
    check("connector", name)
    with from_environment() as control:
        control.put(f"/connectors/{name}/resume")
        now = None if no_wait else wait(control, name, resting=())
    if now and now.state != "RUNNING":
        raise _failure(now, f"connector {name} was resumed, and does not run")
    document = {"name": name, "resumed": True} | ({"state": now.state} if now else {})
    show(output, document, lambda: f"connector {name} goes on" + f": {now}" * bool(now))


@command.command("restart")
@click.argument("name")
@click.option("--all", "everything", is_flag=True, help="What has not failed, too.")
@output_option
def restart(name: str, everything: bool, output: str) -> None:
    """Start again what has failed of a connector, up to five times, ever later.

    \b
    amml connect restart hall
    amml connect restart hall --all     # after a secret has changed, for instance
    """
    path, tries = f"/connectors/{check('connector', name)}", 0
    with from_environment() as control:
        now = seen(control.get(f"{path}/status"))
        if everything:
            control.post(f"{path}/restart?includeTasks=true")
            now = wait(control, name)
        elif now.state != "FAILED":
            say("nothing of it has failed; --all restarts it anyway")
        else:
            for now in restarts(control, name):
                say(f"{name}: {now}")
                tries += 1
    if now.state == "FAILED":
        raise _failure(now, f"connector {name} fails again")
    document = {"name": name, "state": now.state, "tries": tries}
    show(output, document, lambda: f"connector {name}: {now}")


@command.command("delete")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@output_option
def delete(name: str, yes: bool, output: str) -> None:
    """Remove a connector; its topics stay, and so does what it made in the database.

    \b
    amml connect delete hall
    amml connect delete hall --yes
    """
    check("connector", name)
    with from_environment() as control:
        if not yes and sys.stdin.isatty():
            click.confirm(f"remove the connector `{name}`?", abort=True, err=True)
        answer = control.delete(f"/connectors/{name}")
        wait_until_gone(control, name)
    for note in answer["notes"]:
        say(f"{name}: {note}")
    show(output, answer, lambda: f"connector {name} is removed")


@command.command("plugins")
@output_option
def plugins(output: str) -> None:
    """Show which connectors the worker has, and which of them may be used.

    \b
    amml connect plugins

    The jars of a plug-in of your own go into a folder in ~/.amml/plugins (AMML_HOME), and its
    class into AMML_CONNECT_CLASSES of the control API.
    """
    with from_environment() as control:
        found = with_worker(lambda: control.get("/connector-plugins"))
    headers = ["CLASS", "TYPE", "VERSION", "ALLOWED"]
    rows = [[each["class"], each["type"], each["version"], each["allowed"]] for each in found]
    show(output, found, lambda: table(headers, rows))


@command.command("validate")
@click.argument("file", metavar="FILE|-")
@click.option("--name", help="The connector's name, where the file does not say it.")
@output_option
def validate(file: str, name: str | None, output: str) -> None:
    """Check a configuration and change nothing.

    \b
    amml connect validate connector.json
    """
    named, config = parse(read(file), name)
    check("connector", named)
    plugin = config.get("connector.class", "")
    if not plugin:
        raise UserError("connector.class: is missing")
    path = f"/connector-plugins/{plugin}/config/validate"
    with from_environment() as control:
        answer = _asked(lambda: control.put(path, {"name": named, **config}))
    for note in answer["notes"]:
        say(f"{named}: {note}")
    values = [each["value"] for each in answer["configs"]]
    wrong = [f"{each['name']}: {text}" for each in values for text in each["errors"]]
    if wrong and output == "text":
        raise UserError("\n".join([f"connector {named} is not right", *wrong]))
    show(output, answer, lambda: f"connector {named} is right")
    if wrong:
        raise SystemExit(2)


_OPTIONS = {
    "tables": "--table",
    "time_column": "--time",
    "id_column": "--id",
    "password_secret": "--password-secret",
}


def _wanted(what: str, name: str | None, jdbc: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """The connector's name and settings, from a file or from the options."""
    url, options = jdbc["jdbc"], {key: value for key, value in jdbc.items() if key != "jdbc"}
    if url is not None:
        return name or what, jdbc_config(name or what, url, **options)
    if given := [key for key, value in options.items() if value]:
        raise UserError(f"{_OPTIONS.get(given[0], f'--{given[0]}')} goes with --jdbc")
    return parse(read(what), name)


def _verb(answer: Mapping[str, Any]) -> str:
    if answer["new"]:
        return "is added"
    return "is changed" if answer["changed"] else "is unchanged"


def _registered(control: Control, name: str, config: Mapping[str, str]) -> dict[str, Any]:
    return _asked(lambda: control.put(f"/connectors/{name}/config", config))


def _asked(ask: Callable[[], T]) -> T:
    """What was asked, with every problem of a configuration told at its setting."""
    try:
        return with_worker(ask)
    except ControlError as error:
        if error.problems:
            raise UserError("\n".join(["the configuration is refused", *error.problems])) from error
        raise


def _row(info: Mapping[str, Any], now: Seen) -> dict[str, Any]:
    return {
        "name": now.name,
        "class": info["config"]["connector.class"],
        "state": now.state,
        "tasks": f"{now.running}/{now.tasks}",
        "cause": now.cause,
    }


def _failure(now: Seen, head: str) -> AmmlError:
    if now.state != "FAILED":
        return AmmlError(f"{head}: {now}\n`amml connect status {now.name}` shows how it goes on")
    return AmmlError(
        f"{head}: {now.cause}\nmend the cause, then `amml connect restart {now.name}`; "
        "nothing that was read is lost"
    )
