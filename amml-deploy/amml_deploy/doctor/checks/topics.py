"""Topics without a workflow, and workflows without a topic."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from amml_deploy.doctor.finding import Finding, ok, problem, some, warning
from amml_deploy.doctor.site import Site
from amml_runtime.admin import remove_prefix

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Facts:
    """What there is, and what should be.

    Parameters:
        topics: every topic but Kafka's own.
        workflows: with their plans.
        kept: names of workflows that are gone, and whose topics are to stay all the same.
    """

    topics: tuple[str, ...]
    workflows: tuple[Document, ...]
    kept: frozenset[str] = frozenset()


def examine(site: Site) -> Iterator[Finding]:
    """Ask Kafka first: a topic that is there before its workflow is looked for has had one."""
    return judge(gather(site))


def gather(site: Site) -> Facts:
    """The topics, the workflows, and what became of those that are gone."""
    topics = sorted({p.topic for p in site.cluster.partitions if not p.topic.startswith("__")})
    workflows = tuple(site.workflows)
    gone = set(_left(topics, workflows).values())
    kept = (name for name in gone if _is_kept(site, name))
    return Facts(tuple(topics), workflows, frozenset(kept))


def judge(facts: Facts) -> Iterator[Finding]:
    """Both ways round."""
    left = [
        name
        for name, owner in _left(facts.topics, facts.workflows).items()
        if owner not in facts.kept
    ]
    missing = sorted({name for each in facts.workflows for name in _missing(each, facts.topics)})
    if left:
        yield warning(
            f"{len(left)} topics belong to no workflow: {some(left)}",
            "nothing reads or writes them; they only take room",
            "`amml doctor --fix` removes them with their consumer groups",
            tuple(left),
        )
    if missing:
        yield problem(
            f"{some(missing)} is gone, and a running workflow uses it",
            "somebody deleted it; what was in it is lost, and the steps stop",
            "`amml deploy NAME FILE --fresh` begins the workflow's data anew",
        )
    if not left and not missing:
        yield ok(f"{len(facts.topics)} topics, each with its workflow")


def clean(site: Site, leftovers: tuple[str, ...]) -> Iterable[str]:
    """Remove topics and groups of workflows that still are not there."""
    now = site.anew()  # not what was seen before the question was answered
    facts = gather(now)
    left = {n: w for n, w in _left(facts.topics, facts.workflows).items() if w not in facts.kept}
    going = [name for name in leftovers if name in left]
    for prefix in sorted({".".join(name.split(".")[:2]) + "." for name in going}):
        remove_prefix(now.bootstrap, prefix)
    return going


def _left(topics: Iterable[str], workflows: Iterable[Document]) -> dict[str, str]:
    """Topics under a prefix of ours that name a workflow which is not there, and its name."""
    there = {each["name"] for each in workflows}
    prefixes = {"amml"} | {each["plan"].get("prefix", "amml") for each in workflows}
    ours = re.compile(rf"(?:{'|'.join(sorted(prefixes))})\.([a-z][a-z0-9_-]*)\.(?:r\d+\..+|dlq)")
    found = ((name, ours.fullmatch(name)) for name in topics)
    return {name: match[1] for name, match in found if match and match[1] not in there}


def _missing(workflow: Document, topics: Collection[str]) -> list[str]:
    status = workflow.get("status") or {}
    if workflow["desired"] != "running" or status.get("state") not in ("running", "degraded"):
        return []
    return [t["name"] for t in workflow["plan"].get("topics", ()) if t["name"] not in topics]


def _is_kept(site: Site, name: str) -> bool:
    """Kept on purpose, or on a cluster of others and never a workflow of this control API."""
    found = site.control.find(f"/workflows/{name}/versions")
    if found is None:
        return site.bootstrap != site.platform.kafka
    return bool(found["keep_data"])
