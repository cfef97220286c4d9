import pytest

from amml_deploy.errors import UserError
from amml_deploy.planner.settings import Settings, milliseconds, parse_sets


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("filter.count", "expected step.option=value"),
        ("filter.count=-1", "expected a whole number from 0 on, found '-1'"),
        ("filter.count=-1", "expected a whole number"),
        ("filter.on_error=retry", "expected one of dlq, stop, skip, found 'retry'"),
        ("filter.colour=red", "no option `colour`"),
        ("print.linger=5", "expected a duration"),
    ],
)
def test_a_wrong_set_is_refused_with_what_it_may_be(text: str, sentence: str) -> None:
    with pytest.raises(UserError, match="--set") as error:
        parse_sets([text])
    assert sentence in str(error.value)


def test_the_last_set_of_an_option_holds() -> None:
    assert parse_sets(["a.count=2", "a.count=3"]) == {"a": {"count": 3}}


@pytest.mark.parametrize(
    ("text", "expected"), [("500ms", 500), ("7d", 604_800_000), ("1m1s", 61_000)]
)
def test_a_duration_is_written_as_in_the_language(text: str, expected: int) -> None:
    assert milliseconds(text) == expected


@pytest.mark.parametrize("workflow", ["Hot", "alerts", "a.b", "", "a" * 41, "../x", "models"])
def test_a_workflow_is_named_by_the_pattern(workflow: str) -> None:
    with pytest.raises(UserError, match="workflow name"):
        Settings(workflow)


@pytest.mark.parametrize("partitions", [0, -1, 257])
def test_partitions_have_limits(partitions: int) -> None:
    with pytest.raises(UserError, match=r"expected 1\.\.256"):
        Settings("hot", partitions=partitions)
