"""A slow source gives the rows of the fast one, wherever it is stopped."""

import pytest

from amml_deploy.certify.slowly import reference, slowly
from amml_ingress.normalsource import Normalsource
from amml_runtime.batch import Batch
from amml_runtime.component import AbstractIngress
from amml_runtime.registry import load
from amml_runtime.state import Value

ROWS = 30


def slow(**arguments: int) -> AbstractIngress:
    return slowly(Normalsource, rate=100, rows=ROWS)(**arguments)


def read(source: AbstractIngress, position: Value = None) -> list[tuple[Batch, Value]]:
    return [(portion.batch, portion.position) for portion in source.read(position)]


def values(batches: list[Batch]) -> list[float]:
    return [row["value"] for batch in batches for row in batch.to_rows()]


def test_rows_are_those_of_the_source_up_to_the_limit() -> None:
    [(whole, _)] = read(Normalsource(rows=ROWS))
    assert values([batch for batch, _ in read(slow())]) == values([whole])
    assert slow().ends() and slow(rows=10).ends()
    assert len(values([batch for batch, _ in read(slow(rows=10))])) == 10


def test_it_goes_on_from_every_position() -> None:
    whole = values([batch for batch, _ in read(slow())])
    done: list[Batch] = []
    for batch, position in read(slow()):
        done.append(batch)
        rest = [each for each, _ in read(slow(), position)]
        assert values(done) + values(rest) == whole


def test_a_step_finds_it_by_its_name() -> None:
    name = reference("amml_ingress.normalsource:Normalsource", 100, 7)
    found = load(name)
    assert issubclass(found, Normalsource)
    assert found().pace() == 100


def test_another_name_is_not_there() -> None:
    with pytest.raises(AttributeError):
        load("amml_deploy.certify.slowly:nothing")
