"""The platform's folder: is it there, can it be read, and only by its owner."""

import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from amml_deploy.doctor.finding import Finding, ok, problem
from amml_deploy.doctor.site import Silent, Site


def examine(site: Site) -> Iterator[Finding]:
    """Look at the folder and the two files that hold secrets."""
    try:
        platform = site.platform
    except Silent as error:
        yield problem(
            str(error),
            "nothing can be found without it",
            "`amml up` makes a platform; AMML_HOME names another folder",
        )
        return
    files = (platform.home.platform_file, platform.home.token_file)
    yield from judge(platform.home.path, {path: path.stat().st_mode for path in files})


def judge(home: Path, modes: Mapping[Path, int]) -> Iterator[Finding]:
    """Who may read them.

    >>> [found.message for found in judge(Path("/h"), {Path("/h/token"): 0o100644})]
    ['/h/token can be read by others (mode 0644)']
    """
    open_files = {path: mode for path, mode in modes.items() if stat.S_IMODE(mode) & 0o077}
    for path, mode in open_files.items():
        yield problem(
            f"{path} can be read by others (mode {stat.S_IMODE(mode):04o})",
            "whoever reads it may do everything here: deploy, remove, read all data",
            f"chmod 600 {path}; if others may have read it, `amml down --purge` and begin anew",
        )
    if not open_files:
        yield ok(f"{home}, and only its owner reads its secrets")
