"""What stands in for a workflow's input, and when nothing can."""

from dataclasses import replace
from typing import Any

import pytest

from amml_deploy.catalogue import Catalogue
from amml_deploy.certify.generated import REFERENCE, Generated
from amml_deploy.certify.inputs import fed, with_random_rows
from amml_deploy.certify.sandbox import Pace, contained
from amml_deploy.errors import UserError
from amml_deploy.planner.plan import plan
from amml_deploy.planner.settings import Settings
from amml_deploy.planner.wiring import fold
from amml_deploy.workflow_text import compiled
from amml_runtime.batch import Batch
from amml_runtime.declaration import construct

ENTRY: dict[str, Any] = {
    "name": "co2",
    "kind": "topic",
    "topic": "co2.raw",
    "time": None,
    "tz": "UTC",
    "key": ["site"],
    "columns": [{"name": "co2", "type": "float"}, {"name": "site", "type": "string"}],
}
TEXT = 'source id="co2" | filter cond = co2 > 1000 | print'


def made(entry: dict[str, Any]) -> Generated:
    clients = ("tables:Tables", "lake_history:LakeHistory")
    doors = {"entry": entry, "files": None}
    doors |= {f"amml_ingress._shared.{each}": None for each in clients}
    return construct(Generated, {"id": "co2"}, doors)


def rows(source: Generated, position: Any = None, portions: int = 2) -> list[Batch]:
    read = source.read(position)
    return [next(read).batch for _ in range(portions)]


@pytest.fixture
def catalogue() -> Catalogue:
    """One topic of known columns."""
    return Catalogue(sources={"co2": ENTRY}, topics={"co2.raw": 1})


@pytest.mark.parametrize("text", [TEXT, 'topic name="co2.raw" | print', "normalsource | print"])
def test_another_source_takes_the_place_of_the_input(text: str) -> None:
    program = compiled(text)
    first, *rest = fold(fed(program, "ett"))
    assert (first.word, first.arguments) == ("source", {"id": "ett"})
    assert first.label == fold(program)[0].label
    assert rest == fold(program)[1:]


def test_one_source_cannot_stand_for_two_inputs() -> None:
    program = compiled("( normalsource rows=1 ; normalsource rows=2 ) | join | print")
    with pytest.raises(UserError, match="has 2 inputs"):
        fed(program, "ett")


def test_random_rows_take_the_place_of_a_topic_of_known_columns(catalogue: Catalogue) -> None:
    program = compiled(TEXT)
    made = plan(program, with_random_rows(program, catalogue), Settings("w", "amml-certify-x-0"))
    inner = contained(made, Pace(10))
    assert inner.bounded and inner.steps[0].component.endswith(REFERENCE)


def test_columns_that_nobody_knows_cannot_be_made_up(catalogue: Catalogue) -> None:
    named = compiled('topic name="co2.raw" | print')
    with pytest.raises(UserError, match="columns that `topic` reads are not known"):
        with_random_rows(named, catalogue)
    unknown = replace(catalogue, sources={"co2": {**ENTRY, "columns": []}})
    with pytest.raises(UserError, match="columns that `source` reads are not known"):
        with_random_rows(compiled(TEXT), unknown)


def test_random_rows_are_the_same_from_every_position() -> None:
    source = made(ENTRY)
    first, second = rows(source)
    assert rows(source, 1000, 1)[0].to_rows() == second.to_rows()
    assert rows(source, 300, 1)[0].to_rows() == first.to_rows()[300:]


def test_random_rows_meet_most_conditions_and_have_a_few_keys() -> None:
    source = made(ENTRY)
    found = [row for batch in rows(source) for row in batch.to_rows()]
    above = sum(row["co2"] > 1000 for row in found)
    assert 100 < above < 1900
    assert {row["_key"] for row in found} == set("abcde")


@pytest.mark.parametrize("type_", ["int", "float", "bool", "timestamp", "string", "duration"])
def test_every_type_of_the_catalogue_has_random_values(type_: str) -> None:
    columns = [{"name": "x", "type": type_}]
    [batch] = rows(made({**ENTRY, "key": [], "columns": columns}), portions=1)
    assert batch.rows == 1000 and batch.column("x").null_count == 0
