"""The steps of a workflow and their links, as questions the planner asks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter

from amml_deploy.planner.faults import PlanFault
from amml_deploy.planner.wiring import Node


@dataclass(frozen=True)
class Graph:
    """The nodes of one text, in the order of the text; `numbers` are their places in it."""

    nodes: tuple[Node, ...]
    text: str

    @cached_property
    def in_order(self) -> tuple[Node, ...]:
        """From the sources on.

        Errors: PlanFault, steps wait for each other.
        """
        waits = {node.number: [*node.inputs, *node.event_steps] for node in self.nodes}
        try:
            order = list(TopologicalSorter(waits).static_order())
        except CycleError as error:
            node = self.nodes[error.args[1][0]]
            labels = " -> ".join(self.nodes[number].label for number in error.args[1])
            raise self.fault(node, f"these steps wait for each other: {labels}") from error
        return tuple(self.nodes[number] for number in self._stable(waits, order))

    def upstream(self, node: Node) -> list[Node]:
        """All steps whose rows reach this one, nearest first."""
        return list(self._walk(node, {each.number: each.inputs for each in self.nodes}))

    def downstream(self, node: Node) -> list[Node]:
        """All steps that this one's rows reach, nearest first."""
        readers = {
            n.number: [o.number for o in self.nodes if n.number in o.inputs] for n in self.nodes
        }
        return list(self._walk(node, readers))

    def fault(self, node: Node, message: str, help: str = "") -> PlanFault:
        """What is wrong with a step, the caret under its name."""
        return PlanFault(self.text, node.span, message, help)

    def _walk(
        self, node: Node, links: dict[int, Iterable[int]] | dict[int, list[int]]
    ) -> Iterator[Node]:
        seen, waiting = {node.number}, list(links[node.number])
        while waiting:
            number = waiting.pop(0)
            if number not in seen:
                seen.add(number)
                yield self.nodes[number]
                waiting += links[number]

    def _stable(self, waits: dict[int, list[int]], order: list[int]) -> list[int]:
        """The order by depth, and by place in the text where depths are equal."""
        depth: dict[int, int] = {}
        for number in order:
            depth[number] = 1 + max((depth[each] for each in waits[number]), default=0)
        return sorted(order, key=lambda number: (depth[number], number))
