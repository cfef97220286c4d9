"""Makes a plan of deletions: the rules there are, against what there is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from amml_deploy.control import Control
from amml_deploy.errors import AmmlError, UserError
from amml_deploy.names import check, check_foreign_topic
from amml_deploy.reachable import check_broker
from amml_deploy.retention import of_lake, of_topic
from amml_deploy.retention.claims import Claims, claims, readers
from amml_deploy.retention.plan import Part, Plan
from amml_lake.data_set import DataSet
from amml_lake.errors import LakeError
from amml_lake.stores import Store
from amml_runtime.errors import Unavailable

if TYPE_CHECKING:  # a client of Kafka, which rules for data sets do without
    from amml_runtime.topic_records import TopicRecords

PREFIX = "amml"
TROUBLES = (AmmlError, LakeError, Unavailable)  # of one thing, which others may not have
TOPIC = "topic:"


@dataclass(frozen=True)
class Site:
    """Where things are: the control API, and the lake and Kafka, each looked for when wanted."""

    control: Control
    lake: Callable[[], Store]
    bootstrap: Callable[[], str]

    def data_set(self, name: str) -> DataSet:
        """A data set of the lake."""
        return DataSet(self.lake(), name)

    def records(self, thing: str) -> "TopicRecords":
        """The records of `topic:NAME`.

        Errors: AmmlError, Kafka does not answer.
        """
        from amml_runtime.topic_records import TopicRecords

        check_broker(self.bootstrap())
        return TopicRecords(self.bootstrap(), thing.removeprefix(TOPIC))


@dataclass(frozen=True)
class Will:
    """What somebody wants beyond the rules.

    Parameters:
        forced: delete what holds, snapshots and models keep back.
        past_readers: delete what workflows have still to read.
    """

    forced: bool = False
    past_readers: bool = False


def checked(thing: str) -> str:
    """`thing`, if a rule can be for it: a data set, or a topic of the user's own.

    Errors: UserError.

    >>> checked("topic:co2.raw")
    'topic:co2.raw'
    >>> checked("topic:amml.hot.r1.filter")
    Traceback (most recent call last):
    amml_deploy.errors.UserError: the topic `amml.hot.r1.filter` lies inside the prefix `amml`: ...
    """
    if thing.startswith(TOPIC):
        check_foreign_topic(thing.removeprefix(TOPIC), PREFIX)
        return thing
    return check("dataset", thing)


def rules(control: Control, things: Sequence[str]) -> list[dict[str, Any]]:
    """The rules of some things, or all there are.

    Errors: ControlError, one of them has none.
    """
    if not things:
        return control.get("/retention")
    return [control.get(f"/retention/{checked(each)}") for each in things]


def planned(site: Site, found: Sequence[Mapping[str, Any]], at: datetime, will: Will) -> Plan:
    """What goes by these rules, ages counted from `at`; nothing is changed.

    Of several things, one that cannot be looked at does not keep the others from it.

    Errors: the only thing is not there, or cannot be looked at.
    """
    known = claims(site.control) if found else Claims()
    parts: list[Part] = []
    problems: list[str] = []
    for each in found:
        try:
            parts.append(_part(site, each["thing"], _rule(each), at, known, will))
        except TROUBLES as error:
            if len(found) == 1:
                raise
            problems.append(f"{each['thing']}: {error}")
    return Plan(at, tuple(parts), will.forced, tuple(problems))


def same(plan: str, again: Plan) -> None:
    """Errors: UserError, what goes is not what was planned."""
    if again.id != plan:
        raise UserError(
            f"nothing was deleted: what goes is not what {plan} says any more, it is {again.id} "
            f"now. Look at it again: amml retention plan"
        )


def _rule(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in ("max_age_ms", "max_bytes", "hold")}


def _part(
    site: Site, thing: str, rule: Mapping[str, Any], at: datetime, known: Claims, will: Will
) -> Part:
    if not thing.startswith(TOPIC):
        claimed = known.lake.get(thing, [])
        return of_lake.part_of(site.data_set(thing), rule, at, claimed, will.forced)
    name = checked(thing).removeprefix(TOPIC)
    groups = readers(site.control, name)
    topic = of_topic.looked_at(site.records(thing), name, rule, at, groups)
    return of_topic.part_of(topic, rule, known, will.forced, will.past_readers)
