"""Windows and scores on a real broker: a process that is killed again and again leaves no trace."""

import signal
from collections.abc import Mapping
from typing import Any

import pytest

from amml_ingress.normalsource import Normalsource
from amml_language.tree import Duration
from amml_runtime.laws import same
from amml_runtime.testing import feed, make, words

SOURCE = "normalsource rows=40000, every=1s, seed=4"
STEPS = ("window 1m, of=value, step=30s", "anomaly of=value_mean", "upsample every=10s")
PLACES = ("after_produce:1", "before_commit:1", "after_commit:1")


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Without what tells where a row was read."""
    return {name: value for name, value in row.items() if name not in ("_src", "_offset")}


@pytest.mark.long
@pytest.mark.kafka
def test_killed_steps_write_each_row_once(chain: Any) -> None:
    arguments = words(SOURCE)[0][1]
    chain.step("source", "amml_ingress.normalsource:Normalsource", mode="read", arguments=arguments)
    before, batches = "source", feed(Normalsource(rows=40_000, every=Duration(10**6), seed=4), [])
    for text in STEPS:
        ((word, arguments),) = words(text)
        place = f"amml_progress.{word}:{word.capitalize()}"
        chain.step(word, place, before, arguments=arguments)
        before, batches = word, feed(make(text), batches)
    chain.run("source")
    for label in ("window", "anomaly", "upsample"):
        for place in PLACES:
            assert chain.start(label, fail_point=place).wait(60) == -signal.SIGKILL
        chain.run(label)
    expected = [row for batch in batches for row in batch.to_rows()]
    found = [plain(row) for row in chain.rows("upsample")]
    assert len(found) > 3000
    assert same(found, expected, 0.0)
    assert chain.dead_letters() == []
