"""The `amml` command: a file a subcommand in `amml_deploy/commands`, loaded when asked for."""

import importlib
import pkgutil
import sys
from difflib import get_close_matches

import click

from amml_deploy import commands
from amml_deploy.errors import AmmlError
from amml_runtime.errors import AccessDenied
from amml_runtime.memory import without_pandas


class Commands(click.Group):
    """Finds `amml NAME` in the module `commands.NAME`, as its `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every module's name; one that begins with `_` is no command."""
        names = [module.name for module in pkgutil.iter_modules(commands.__path__)]
        return [name.replace("_", "-") for name in names if not name.startswith("_")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"{commands.__name__}.{cmd_name.replace('-', '_')}")
        return module.command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but a mistyped name gets its nearest neighbour."""
        near = get_close_matches(args[0], self.list_commands(ctx), n=1)
        if near and args[0] not in self.list_commands(ctx):
            ctx.fail(f"there is no command `{args[0]}`; did you mean `amml {near[0]}`?")
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="amml-deploy", prog_name="amml", message="%(prog)s %(version)s")
def amml() -> None:
    """Time-series machine learning on Kafka, from one line of text.

    \b
    amml up
    amml source add ett --file ETTh1.csv --time date
    amml deploy hot 'source id="ett" | filter cond = OT > 40 | alert'
    amml tail alerts
    amml undeploy hot
    amml down

    `amml COMMAND --help` shows examples of each. Exit codes: 0 done, 1 failed, 2 wrong input.
    """


def main() -> None:
    """Run the command; what goes wrong is one message on stderr, and the exit code."""
    try:
        with without_pandas():  # no command needs it, and pyarrow would spend a second on it
            code = amml.main(standalone_mode=False)  # what a command exits with is returned here
        sys.exit(code)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except AmmlError as error:
        drawn = str(error).startswith("error")  # a diagnostic brings its own heading
        click.echo(str(error) if drawn else f"error: {error}", err=True)
        sys.exit(error.exit_code)
    except AccessDenied as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(1)  # who read our output has left


if __name__ == "__main__":
    main()
