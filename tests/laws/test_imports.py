"""A step starts fast: what it does not need is not imported."""

import subprocess
import sys

from amml_runtime.registry import modules

HEAVY = """confluent_kafka fastapi hdfs keras matplotlib onnxruntime pandas psycopg2 requests scipy
    sklearn tensorflow""".split()


def test_importing_every_component_stays_cheap() -> None:
    imports = "\n".join(f"import {module}" for module in modules().values())
    code = f"import sys\n{imports}\nprint([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
