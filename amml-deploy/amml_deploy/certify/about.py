"""What a certificate was made with: a result without its machine and versions is none."""

import os
import platform
from importlib.metadata import version

import psutil

from amml_deploy.platform import jars


def about(broker: str) -> dict[str, str]:
    """Machine and versions.

    Parameters:
        broker: where Kafka listens.
    """
    memory = psutil.virtual_memory().total / (1 << 30)
    packages = ("amml-deploy", "confluent-kafka", "pyarrow")
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
        "kafka": f"{jars.KAFKA[0].rpartition(':')[2]}, at {broker}",
    }
