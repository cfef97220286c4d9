"""Write what an image is made of: `python3 sbom.py FILE` in it, as CycloneDX 1.5 (JSON).

The Python packages are those that are installed, the Debian ones those that left files behind.
"""

import json
import platform
import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any
from urllib.parse import quote

STATUS = Path("/var/lib/dpkg/status")


def document() -> dict[str, Any]:
    """The bill of materials of this image."""
    python = component("python", platform.python_version(), "generic")
    parts = [python, *python_packages(), *debian_packages(STATUS.read_text(encoding="utf-8"))]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "components": sorted(parts, key=lambda each: each["purl"]),
    }


def component(name: str, version: str, kind: str, licence: str = "") -> dict[str, Any]:
    """One part; its `purl` is the name that scanners know it by."""
    purl = f"pkg:{kind}/{quote(name)}@{quote(version)}"
    part = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    return part | ({"licenses": [{"license": {"name": licence}}]} if licence else {})


def python_packages() -> Iterator[dict[str, Any]]:
    """What is installed for Python."""
    for each in distributions():
        yield component(_normal(each.name), each.version, "pypi", _licence(each))


def debian_packages(status: str) -> Iterator[dict[str, Any]]:
    """What Debian's list says is installed."""
    for row in status.split("\n\n"):
        fields = dict(re.findall(r"^(\w+): (.*)$", row, re.MULTILINE))
        if "Package" in fields:
            yield component(fields["Package"], fields["Version"], "deb/debian")


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _licence(package: Distribution) -> str:
    said = package.metadata
    names = [name for name in ("License-Expression", "License") if name in said]
    return said[names[0]].strip().partition("\n")[0] if names else ""


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(document(), indent=1), encoding="utf-8")
