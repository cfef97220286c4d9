"""`filter`: rows for which the condition is true."""

import pytest

from amml_language.diagnostics import LanguageError
from amml_runtime.testing import run


def test_null_is_not_true() -> None:
    assert run("filter cond = not (x > 1)", x=[0, None, 2]) == {"x": [0]}


@pytest.mark.parametrize(
    ("text", "message"), [("filter x + 1", "boolean"), ("filter y > 1", "`y`")]
)
def test_a_condition_that_does_not_fit_is_the_workflows_fault(text: str, message: str) -> None:
    with pytest.raises(LanguageError, match=message):
        run(text, x=[1])
