"""Files that were to be there only for a while, and whose process is gone."""

import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from amml_deploy.doctor.finding import Finding, ok, some, warning
from amml_deploy.doctor.site import Site
from amml_deploy.platform import processes
from amml_deploy.platform.home import Home

_OLD = 3600.0


def examine(site: Site) -> Iterator[Finding]:
    """Look into the platform's folder."""
    yield judge(_left(site.home), time.time())


def judge(left: Mapping[Path, float], now: float) -> Finding:
    """Which have been there for more than an hour.

    Parameters:
        left: what is left over, and when it was last written.
    """
    old = tuple(str(path) for path, written in left.items() if now - written > _OLD)
    if not old:
        return ok("none is left over")
    return warning(
        f"{len(old)} are left over: {some(old)}",
        "a crash left them; they only take room",
        "`amml doctor --fix` removes them",
        old,
    )


def clean(site: Site, leftovers: tuple[str, ...]) -> Iterable[str]:
    """Remove those that still are left over."""
    now = time.time()
    left = {str(path): path for path, written in _left(site.home).items() if now - written > _OLD}
    for name in leftovers:
        if name in left:
            _remove(left[name])
            yield name


def _left(home: Home) -> Mapping[Path, float]:
    """Folders of slots that do not run, and files and folders that were being made anew."""
    found = [
        folder
        for folder in home.workflows.glob("*/tmp/*")
        if processes.find(folder.parent.parent / "run" / f"{folder.name}.pid") is None
    ]
    found += [*home.path.glob("*.new"), *home.path.glob("data/*.new")]
    return {path: path.stat().st_mtime for path in found}


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
