"""The Airflow example: what it runs, and that Airflow reads it."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from amml_deploy.scheduler.allowed import check

DAG = Path(__file__).parents[2] / "examples" / "airflow" / "amml_dag.py"
READ = """
import json, warnings
warnings.simplefilter("ignore")
from airflow.dag_processing.dagbag import DagBag
bag = DagBag({folder!r})
dag = bag.dags.get("amml")
tasks = {{t.task_id: sorted(t.downstream_task_ids) for t in dag.tasks}} if dag else {{}}
print(json.dumps([{{str(k): str(v) for k, v in bag.import_errors.items()}}, tasks]))
"""


def test_each_task_is_a_command_that_a_schedule_may_run() -> None:
    lines = [
        node.value.value
        for node in ast.walk(ast.parse(DAG.read_text(encoding="utf-8")))
        if isinstance(node, ast.keyword) and node.arg == "bash_command"
        if isinstance(node.value, ast.Constant)
    ]
    assert len(lines) == 4
    for line in lines:
        amml, _, rest = str(line).partition(" ")
        assert amml == "amml" and check(rest)


@pytest.mark.long
def test_airflow_reads_the_example_without_errors(tmp_path: Path) -> None:
    """In an environment of its own, as Airflow's dependencies are hundreds and pinned."""
    python = tmp_path / "venv" / "bin" / "python"
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    install = [uv, "pip", "install", "--quiet", "--python", python, "apache-airflow>=3,<4"]
    subprocess.run(install, check=True)
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    code = READ.format(folder=str(DAG.parent))
    done = subprocess.run([python, "-c", code], env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    errors, tasks = json.loads(done.stdout.splitlines()[-1])
    assert errors == {}
    assert tasks == {
        "compact": ["verify"],
        "verify": ["retention"],
        "retention": ["train"],
        "train": [],
    }
