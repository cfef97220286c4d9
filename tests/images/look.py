"""Runs inside an image, and prints as JSON what it finds there."""

import importlib
import json
import os
import stat
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

UNWANTED = {"pip", "setuptools", "wheel", "ensurepip", "pip.conf", "sh", "bash", "dash", "busybox",
            "apt", "apt-get", "dpkg", "perl", "curl", "wget"}  # fmt: skip


def look() -> dict[str, Any]:
    files = [path for root in ("/usr", "/opt", "/etc") for path in Path(root).rglob("*")]
    return {
        "uid": os.getuid(),
        "writable": [folder for folder in ("/", "/opt/amml", "/etc", "/usr") if writable(folder)],
        "temporary": writable("/tmp"),
        "unwanted": sorted(str(path) for path in files if path.name in UNWANTED),
        "setuid": [str(path) for path in files if setuid(path)],
        "settings": sorted(name for name in os.environ if name.startswith(("PIP_", "http"))),
        "broken": list(broken()),
        "installed": {
            each.name.lower().replace("_", "-"): each.version for each in distributions()
        },
        "sbom": json.loads(Path("/usr/share/amml/sbom.json").read_text(encoding="utf-8")),
    }


def writable(folder: str) -> bool:
    try:
        Path(folder, "probe").write_text("", encoding="ascii")
    except OSError:
        return False
    return True


def setuid(path: Path) -> bool:
    return path.is_file() and bool(path.stat().st_mode & (stat.S_ISUID | stat.S_ISGID))


def broken() -> Iterator[str]:
    """The packages that cannot be imported, such as for want of a library."""
    names = (str(file) for each in distributions() for file in each.files or ())
    tops = {name.split("/")[0] for name in names if name.count("/") == 1}
    for top in sorted(top for top in tops if Path("/opt/amml", top, "__init__.py").is_file()):
        try:
            importlib.import_module(top)
        except Exception as error:  # whatever a package does when it is imported
            yield f"{top}: {error}"


if __name__ == "__main__":
    print(json.dumps(look()))
