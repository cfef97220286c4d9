"""Runs the checks, each a module in `checks`, and cleans what they found left over."""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol, cast

from amml_deploy.doctor import checks
from amml_deploy.doctor.finding import Finding, problem
from amml_deploy.doctor.site import Silent, Site
from amml_deploy.errors import AmmlError
from amml_runtime.errors import AccessDenied, Unavailable


class Check(Protocol):
    """A module of `checks`; one that leaves `leftovers` has `clean(site, leftovers)` too."""

    def examine(self, site: Site) -> Iterable[Finding]:
        """Look, and say what is so."""
        ...


class Cleaner(Check, Protocol):
    """A check that can remove what it found left over."""

    def clean(self, site: Site, leftovers: tuple[str, ...]) -> Iterable[str]:
        """Remove what still is left over, looking again first; what was removed."""
        ...


@dataclass(frozen=True)
class Found:
    """A finding, and the check whose it is."""

    check: str
    finding: Finding

    def document(self) -> Mapping[str, Any]:
        """As `--output json` prints it."""
        return {"check": self.check, **asdict(self.finding)}


def names() -> list[str]:
    """The checks there are.

    >>> "transactions" in names()
    True
    """
    found = (module.name for module in pkgutil.iter_modules(checks.__path__))
    return sorted(name for name in found if not name.startswith("_"))


def examine(site: Site, wanted: Iterable[str] | None = None) -> Iterator[Found]:
    """Every check's findings, one after the other; what is down hinders no other check."""
    for name in names() if wanted is None else wanted:
        for finding in _findings(name, site):
            yield Found(name, finding)


def clean(site: Site, found: Found) -> list[str]:
    """Remove what a check found left over; what was removed.

    Errors: AmmlError, it cannot be.
    """
    try:
        return list(cast(Cleaner, _module(found.check)).clean(site, found.finding.leftovers))
    except (AccessDenied, Unavailable) as error:
        raise AmmlError(f"{found.check}: {error}") from error


def _findings(name: str, site: Site) -> list[Finding]:
    try:
        return list(_module(name).examine(site))
    except Silent as error:
        return [Finding("warning", f"not looked at, as {error.server} does not answer")]
    except (AmmlError, AccessDenied, Unavailable, OSError) as error:
        return [problem(f"cannot be looked at: {error}", "nothing is known of it", "")]


def _module(name: str) -> Check:
    return cast(Check, importlib.import_module(f"{checks.__name__}.{name}"))
