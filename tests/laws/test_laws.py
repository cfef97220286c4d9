"""Every component that is found keeps every law; none is excused."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amml_runtime.batch import Batch
from amml_runtime.declaration import needs_of, parameter_help, signature_of
from amml_runtime.laws import LAWS, Trial
from amml_runtime.testing import feed


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.differing_executors],
)
@given(data=st.data())
def test_law(candidate: Any, law: Callable[[Trial], None], data: st.DataObject) -> None:
    law(data.draw(candidate.trials()))


def test_every_parameter_has_its_paragraph(candidate: Any) -> None:
    names = {parameter.name for parameter in signature_of(candidate.component).parameters}
    assert set(parameter_help(candidate.component.__doc__)) == names


def test_a_component_is_a_frozen_dataclass_that_opens_with_a_sentence(candidate: Any) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        candidate.make().x = 1
    assert signature_of(candidate.component).help.endswith((".", "`."))
    assert set(needs_of(candidate.component)).isdisjoint(
        parameter.name for parameter in signature_of(candidate.component).parameters
    )


@pytest.mark.parametrize("candidate", ["fahrenheit"], indirect=True)
def test_a_users_own_component_is_a_word_of_the_language(candidate: Any) -> None:
    batch = Batch.from_rows([{"OT": 30.5, "_key": "a"}, {"OT": None}])
    (output,) = feed(candidate.make(), [batch])
    assert output.select(["fahrenheit"]).to_rows() == [
        {"_time": None, "_key": "a", "fahrenheit": 86.9}
    ]
