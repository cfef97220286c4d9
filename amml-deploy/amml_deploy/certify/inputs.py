"""What a workflow reads while it is certified: its own input, another source's, or random rows."""

from collections.abc import Mapping
from dataclasses import replace

from amml_deploy.catalogue import Catalogue
from amml_deploy.certify.generated import entry_like
from amml_deploy.errors import UserError
from amml_deploy.names import check
from amml_deploy.planner.wiring import Node, fold
from amml_language.program import Create, Instruction, Link, Program, SetArgument, SetScript
from amml_runtime.component import AbstractIngress
from amml_runtime.declaration import needs_of
from amml_runtime.recording import Record, committed
from amml_runtime.registry import load

RECORDED, GENERATED = "recorded", "generated"


def fed(program: Program, input: str) -> Program:
    """The program with its input replaced by a source of the catalogue, if one is named.

    Errors: UserError, it has several inputs, or the name cannot be one.
    """
    if input in (RECORDED, GENERATED):
        return program
    check("source", input)
    first, *others = _ingresses(program)
    if others:
        raise UserError(
            f"--input {input}: the workflow has {len(others) + 1} inputs, and one source cannot "
            "stand for all of them; leave --input away, or say `generated`"
        )
    made = [new for each in program.instructions for new in _fed(each, first.number, input)]
    return replace(program, instructions=tuple(made))


def with_random_rows(program: Program, catalogue: Catalogue) -> Catalogue:
    """The catalogue with, in place of its sources, random rows in the same columns.

    Errors: UserError, the columns of an input are not known.
    """
    for node in _ingresses(program):
        named = "entry" in needs_of(load(node.reference)).values()
        entry = catalogue.sources.get(str(node.arguments.get("id"))) if named else None
        if (named and entry and not entry["columns"]) or node.word in ("topic", "tap"):
            raise UserError(
                f"--input generated: the columns that `{node.label}` reads are not known; give "
                "the topic a name and columns: amml source add NAME --topic TOPIC --columns ..."
            )
    sources = {name: entry_like(entry) for name, entry in catalogue.sources.items()}
    return replace(catalogue, sources=sources)


def recorded(kafka: str, topics: Mapping[str, int], last: int) -> dict[str, list[Record]]:
    """What each topic holds now, at the most so much of each partition.

    Errors: UserError, one of them is empty.
    """
    found = {topic: committed(kafka, {topic: count}, last) for topic, count in topics.items()}
    rows = {topic: [r for r in each if not r.is_end_mark] for topic, each in found.items()}
    for topic, each in rows.items():
        if not each:
            raise UserError(
                f"the topic `{topic}` is empty, so there is nothing to certify with; "
                "`--input` takes another source, or `generated`"
            )
    return rows


def _ingresses(program: Program) -> list[Node]:
    return [n for n in fold(program) if issubclass(load(n.reference), AbstractIngress)]


def _fed(instruction: Instruction, step: int, source: str) -> list[Instruction]:
    """An instruction as it is, or what becomes of it if it is about the step to be replaced."""
    match instruction:
        case Create(number, _, span) if number == step:
            return [Create(step, "source", span), SetArgument(step, "id", source, span)]
        case SetArgument(number) | SetScript(number) if number == step:
            return []
        case Link() if instruction.target_step == step:
            return []
        case _:
            return [instruction]
