"""Rows that could not be processed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from amml_deploy.dead_letters import kind_of
from amml_deploy.doctor.finding import Finding, ok, warning
from amml_deploy.doctor.site import Site

_MOST = 1000


def examine(site: Site) -> Iterator[Finding]:
    """Read the newest dead letters of each workflow."""
    wanted = [p for p in site.cluster.partitions if p.topic.endswith(".dlq")]
    names = {
        f"{w['plan'].get('prefix', 'amml')}.{w['name']}.dlq": w["name"] for w in site.workflows
    }
    ends = site.cluster.ends(p for p in wanted if p.topic in names)
    letters = {
        names[topic]: site.cluster.headers(topic, number, end, _MOST)
        for (topic, number), end in ends.items()
        if end.first < end.stable
    }
    return judge(letters)


def judge(letters: Mapping[str, Sequence[Mapping[str, str]]]) -> Iterator[Finding]:
    """How many each workflow has, and why most of them are.

    >>> [found] = judge({"hot": [{"amml-reason": "not JSON", "amml-step": "topic"}]})
    >>> found.message
    '`hot` has 1 dead letter; most often: step `topic`: not JSON'
    """
    found = {name: each for name, each in letters.items() if each}
    for name, each in found.items():
        count = f"{len(each)}{' or more' * (len(each) >= _MOST)}"
        yield warning(
            f"`{name}` has {count} dead letter{'s' * (len(each) > 1)}; most often: {_often(each)}",
            "these rows took no effect; the others were processed",
            f"`amml dlq show {name}` shows them; once the cause is mended, "
            f"`amml dlq replay {name}` sends them back",
        )
    if not found:
        yield ok("no workflow has any")


def _often(letters: Iterable[Mapping[str, str]]) -> str:
    reasons = Counter(
        f"step `{each.get('amml-step', '?')}`: {kind_of(each.get('amml-reason', '?'))}"
        for each in letters
    )
    return reasons.most_common(1)[0][0]
