"""A step process collects garbage rarely, but does collect it."""

import subprocess
import sys

SETTLED = "import gc, weakref\nfrom amml_runtime.memory import settle\nsettle()\n"


def said(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", SETTLED + code], capture_output=True, text=True)
    assert not done.stderr
    return done.stdout


def test_a_batch_of_messages_and_their_records_starts_no_collection() -> None:
    code = "made = [{'a': []} for _ in range(20_000)]\nprint(gc.get_stats()[0]['collections'])"
    before = said("print(gc.get_stats()[0]['collections'])")
    assert said(code) == before


def test_a_cycle_is_collected_in_the_end() -> None:
    code = """
class Node: pass
node = Node()
node.itself = node
seen = weakref.ref(node)
del node
made = [[] for _ in range(200_000)]
print(seen() is None)
"""
    assert said(code) == "True\n"


def test_pandas_stays_out_of_a_step_and_is_there_for_who_asks() -> None:
    code = """
import sys
import pyarrow as pa
from amml_runtime.memory import leave_pandas_out
leave_pandas_out()
pa.array([1, None]).to_pylist()
print("pandas" in sys.modules)
import pandas
print(pandas.DataFrame({"a": [1]}).shape)
"""
    assert said(code) == "False\n(1, 1)\n"
