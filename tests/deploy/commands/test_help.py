"""What holds for every command there is."""

import inspect

import click
import pytest

from amml_deploy.__main__ import amml


def every(command: click.Command, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The paths of a command and all below it."""
    found = [path] if path else []
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            found += every(below, (*path, name))
    return found


def at(path: tuple[str, ...]) -> click.Command:
    command: click.Command = amml
    for name in path:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), name)
        assert found is not None
        command = found
    return command


@pytest.mark.parametrize("path", every(amml), ids=" ".join)
def test_help_opens_with_a_sentence_and_examples_of_the_command(path: tuple[str, ...]) -> None:
    sentence, _, examples = inspect.cleandoc(at(path).help or "").partition("\n\n")
    assert sentence.endswith(".")
    assert examples.startswith("\b\n"), "no examples"
    assert f"amml {' '.join(path)}" in examples.split("\n\n")[0]


@pytest.mark.parametrize("path", every(amml), ids=" ".join)
def test_every_command_can_answer_in_json(path: tuple[str, ...]) -> None:
    command = at(path)
    names = [parameter.name for parameter in command.params]
    assert isinstance(command, click.Group) or "output" in names
