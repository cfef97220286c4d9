"""Files in HDFS and the rows that name them: what a crash left, and what should never be."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from amml_deploy.doctor.finding import Finding, ok, problem, size, some, warning
from amml_deploy.doctor.site import Silent, Site

_OLD_MS = 3_600_000  # what is younger may be an upload under way


def examine(site: Site) -> Iterator[Finding]:
    """Ask the control API."""
    stores = site.stores
    if "missing" not in stores:
        raise Silent("PostgreSQL or HDFS", "one of them does not answer")
    return judge(stores, int(stores["answered"] * 1000))


def judge(stores: Mapping[str, Any], now_ms: int) -> Iterator[Finding]:
    """Files that nothing reads, and rows whose file is gone."""
    staged, orphans = (_old(stores[name], now_ms) for name in ("staged", "orphans"))
    left = [*staged, *orphans]
    if left:
        yield warning(
            f"{len(staged)} half-written files and {len(orphans)} that nothing names, "
            f"{size(sum(each['bytes'] for each in left))}, older than an hour",
            "a crash left them; nothing reads them, they only take room",
            "`amml doctor --fix` removes them",
            tuple(each["path"] for each in left),
        )
    if missing := stores["missing"]:
        yield problem(
            f"{len(missing)} files are named but not there: {some(missing)}",
            "somebody removed them from HDFS; what needs them cannot start",
            "restore them, or train the model and add the source again",
        )
    if not left and not missing:
        yield ok("every row has its file, and every old file its row")


def clean(site: Site, leftovers: tuple[str, ...]) -> Iterable[str]:
    """The control API looks again before it removes anything."""
    return site.control.post("/doctor/clean", {"paths": list(leftovers)})["removed"]


def _old(entries: Sequence[Mapping[str, Any]], now_ms: int) -> list[Mapping[str, Any]]:
    return [each for each in entries if now_ms - each["modified_ms"] > _OLD_MS]
