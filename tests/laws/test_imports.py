"""A step starts fast: what it does not need is not imported."""

import subprocess
import sys

from amml_runtime.registry import modules

HEAVY = """confluent_kafka fastapi hdfs keras matplotlib numpy.ma onnxruntime pandas psycopg2
    requests scipy sklearn tensorflow""".split()


def test_rows_from_numpy_cost_no_further_import() -> None:
    code = (
        "import sys\nfrom amml_runtime.memory import leave_pandas_out\nleave_pandas_out()\n"
        "from amml_ingress.normalsource import Normalsource\n"
        "next(Normalsource().read(None))\nprint('numpy.ma' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_importing_every_component_stays_cheap() -> None:
    imports = "\n".join(f"import {module}" for module in modules().values())
    guard = "from amml_runtime.memory import leave_pandas_out\nleave_pandas_out()"
    code = (
        f"import sys\n{guard}\n{imports}\nprint([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
