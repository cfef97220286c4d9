"""The README names files, commands and workflows; all of them have to be there."""

import importlib
import re
import shlex
from pathlib import Path

import click
import pytest

from amml_language.compiler import compile_text
from amml_runtime.registry import signatures

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")

LINKS = re.findall(r"\]\(([^)#]+)\)", README)
FOLDERS = re.findall(r"^    ([a-z-]+(?:/[a-z-]+)?/)  ", README, re.M)
COMMANDS = re.findall(r"^    (amml .+)$", README, re.M) + re.findall(r"`(amml [^`]+)`", README)
TYPED = [part for line in COMMANDS for part in line.split(" && ")]


def command(name: str) -> click.Command:
    found = importlib.import_module(f"amml_deploy.commands.{name}").command
    assert isinstance(found, click.Command)
    return found


@pytest.mark.parametrize("path", [*LINKS, *FOLDERS, "scripts/demo", "scripts/test"])
def test_what_the_readme_names_is_there(path: str) -> None:
    assert (ROOT / path).exists()


def test_the_trace_is_four_files() -> None:
    trace = [link for link in LINKS if link.endswith(".py")]
    assert [Path(link).name for link in trace] == ["task.py", "filter.py", "vm.py", "state.py"]


@pytest.mark.parametrize("line", sorted(set(TYPED)))
def test_every_command_of_the_readme_is_one(line: str) -> None:
    _, name, *rest = shlex.split(line)
    found = command(name)
    if isinstance(found, click.Group) and rest:
        found = found.commands[rest.pop(0)]
    known = {option for parameter in found.params for option in parameter.opts} | {"--help"}
    assert {word for word in rest if word.startswith("--")} <= known


@pytest.mark.parametrize("line", [line for line in TYPED if "'" in line])
def test_every_workflow_of_the_readme_compiles(line: str) -> None:
    compile_text(shlex.split(line)[3], signatures())
