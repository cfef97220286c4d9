"""Become a Java server, whose jars are those that the embedded platform has fetched."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

_FLAGS = ("-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow", "-Djava.net.preferIPv4Stack=true",
          "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")  # fmt: skip


def command(
    name: str, main: str, arguments: Sequence[str], folders: Sequence[str] = ()
) -> list[str]:
    """The command that runs a main class.

    Parameters:
        name: of the list of jars in the cache.
        folders: what stands before the jars in the class path.
    """
    listed = json.loads(Path(f"/cache/{name}.json").read_text(encoding="utf-8"))
    class_path = ":".join([*folders, *(f"/cache/{jar}" for jar in listed["jars"])])
    return ["/java/bin/java", "-Xmx400m", *_FLAGS, "-cp", class_path, main, *arguments]


def become(argv: list[str]) -> None:
    """Run it in place of this program, so that it gets the signals."""
    os.execv(argv[0], argv)
