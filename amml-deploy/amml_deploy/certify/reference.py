"""The undisturbed run, and how any other compares with it."""

from collections.abc import Mapping
from dataclasses import dataclass

from amml_deploy.certify.compare import Verdict, compare, compare_letters, passed_on
from amml_deploy.certify.edges import Edge, Level, edges_of, levels_of
from amml_deploy.certify.observed import Observed, keeps_state, observed
from amml_deploy.certify.rounds import Ran
from amml_runtime.spec import Plan


@dataclass(frozen=True)
class Reference:
    """What every round should come to.

    Parameters:
        edges: what is compared, from the sources on.
        observed: what the undisturbed run committed.
        columns: of the edges where only some are compared, those.
        rows: how many rows each topic had, without the sandbox's prefix.
        by_label: how many each step wrote.
        sure: the steps whose dead letters follow from the input.
    """

    edges: tuple[Edge, ...]
    observed: Observed
    columns: Mapping[str, frozenset[str]]
    rows: Mapping[str, int]
    by_label: Mapping[str, int]
    sure: frozenset[str]

    @classmethod
    def of(cls, plan: Plan, ran: Ran) -> "Reference":
        """From a run that nothing disturbed."""
        by_label = {s.label: ran.rows[s.output.topic] for s in plan.steps if s.output}
        remembering = keeps_state(plan, ran.records)
        edges = edges_of(plan, remembering, by_label)
        levels = levels_of(plan, remembering, by_label)
        seen = observed(plan, ran.records, edges)
        return cls(
            edges=tuple(edges),
            observed=seen,
            columns={e.topic: _columns(e, edges, seen) for e in edges if e.level == Level.COUNTED},
            rows={topic.removeprefix(f"{plan.prefix}."): n for topic, n in ran.rows.items()},
            by_label=by_label,
            sure=frozenset(label for label, level in levels.items() if level <= Level.ROWS),
        )

    def judge(self, plan: Plan, ran: Ran) -> tuple[Verdict, ...]:
        """Each edge of another run beside the reference, and the dead letters."""
        found = observed(plan, ran.records, self.edges)
        edges = [
            compare(edge, self.observed, found, self.columns.get(edge.topic, frozenset()))
            for edge in self.edges
        ]
        letters = compare_letters(self.observed.letters, found.letters, self.sure)
        return (*edges, letters)


def _columns(edge: Edge, edges: list[Edge], seen: Observed) -> frozenset[str]:
    return passed_on(edge, seen, [each for each in edges if each.name in edge.before])
