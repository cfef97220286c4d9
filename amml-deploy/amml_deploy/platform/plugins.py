"""The plug-ins that a Connect worker of ours has, each a folder of jars.

`python -m amml_deploy.platform.plugins FOLDER` puts them, and the worker's properties, into a
folder, for an image.
"""

import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from amml_deploy.platform import jars, plugin_build
from amml_deploy.platform.connect import WORKER
from amml_deploy.platform.plugin_build import Report


def plugins(cache: Path, report: Report) -> Mapping[str, Sequence[Path]]:
    """The jars of each plug-in, by its name.

    Errors: PlatformError, one cannot be fetched or built.
    """
    ours = plugin_build.build(cache, report)
    return {
        "amml-jdbc": sorted(ours.glob("*.jar")),
        "debezium-postgres": plugin_build.fetched("debezium", cache, report),
    }


def gather(folder: Path, cache: Path, report: Report) -> None:
    """Put copies of everything into a folder, in place of what is there."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, found in plugins(cache, report).items():
        (folder / "plugins" / name).mkdir(parents=True)
        for jar in found:
            shutil.copyfile(jar, folder / "plugins" / name / jar.name)
    shutil.copyfile(WORKER, folder / WORKER.name)


if __name__ == "__main__":
    gather(Path(sys.argv[1]), jars.cache_path(), lambda what: print(what, file=sys.stderr))
