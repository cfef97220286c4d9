"""Whether Kafka answers, and which it is."""

from collections.abc import Iterator, Mapping

from amml_deploy.doctor.finding import Finding, ok, problem, some, warning
from amml_deploy.doctor.site import Silent, Site

# The first level of `metadata.version` that a release knows; it tells its version nowhere else.
_RELEASES = {
    "4.2 or newer": 28,
    "4.1": 26,
    "4.0": 22,
    "3.9": 21,
    "3.8": 20,
    "3.7": 15,
    "3.6": 12,
    "3.5": 9,
    "3.4": 8,
    "3.3": 4,
}
_TESTED = 22  # 4.0: transactions that a zombie cannot reach into from the broker's side


def examine(site: Site) -> Iterator[Finding]:
    """Ask the brokers."""
    down = [name for name, each in site.servers.items() if name.startswith("kafka") and _down(each)]
    try:
        cluster = site.cluster
    except Silent as error:
        yield silent(str(error), down)
        return
    if down:
        yield problem(
            f"{some(down)} is down, the other brokers answer",
            "partitions are a copy short until it is back",
            "`amml up` starts it; its log says why it ended",
        )
    yield judge(site.bootstrap, len(cluster.brokers), cluster.features())


def silent(said: str, down: list[str]) -> Finding:
    """Nobody answers."""
    fix = "`amml up` starts it" if down else "start Kafka, or correct AMML_KAFKA and its settings"
    return problem(said, "no row moves, and nothing can be deployed", fix)


def judge(bootstrap: str, brokers: int, features: Mapping[str, int]) -> Finding:
    """Which Kafka it is, by the levels of its features.

    >>> judge("k:9092", 1, {"metadata.version": 27}).message
    'Kafka 4.1 at k:9092, 1 broker'
    >>> judge("k:9092", 3, {}).level
    'problem'
    """
    level = features.get("metadata.version", 0)
    release = next((name for name, first in _RELEASES.items() if level >= first), "older than 3.3")
    said = f"Kafka {release} at {bootstrap}, {brokers} broker{'s' * (brokers > 1)}"
    fix = "upgrade the brokers to Kafka 4.1, one after the other"
    if level < min(_RELEASES.values()):
        return problem(said, "it has known holes (CVE-2022-34917), and was never tried", fix)
    if level < _TESTED:
        return warning(
            said, "AMML is tested with 4.1; its transactions are safest from 4.0 on", fix
        )
    return ok(said)


def _down(server: Mapping[str, object]) -> bool:
    return server["state"] == "down"
