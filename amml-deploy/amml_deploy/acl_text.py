"""The rules that a plan needs, as commands of Kafka's own tools and as JSON."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from amml_deploy.errors import UserError
from amml_deploy.planner.acls import Acl, acls, deployer_acls
from amml_runtime.spec import Plan


@dataclass(frozen=True)
class Principals:
    """Whom the rules are for.

    Parameters:
        runner: as whom the steps run; empty: `User:amml-` and the workflow's name.
        deployer: who deploys; empty: nobody is given these rules.
    Errors: UserError, no principal of Kafka's.
    """

    runner: str = ""
    deployer: str = ""

    def __post_init__(self) -> None:
        for each in filter(None, (self.runner, self.deployer)):
            kind, _, name = each.partition(":")
            if not kind.isalpha() or not name or not name.isprintable():
                raise UserError(f"expected a principal such as User:amml-hot, found {each[:80]!r}")

    def of(self, plan: Plan) -> Iterator[tuple[str, tuple[Acl, ...]]]:
        """What each is for, and what it needs."""
        runner = self.runner or f"User:amml-{plan.workflow}"
        yield f"{runner} runs the steps of {plan.workflow}", acls(plan, runner)
        if self.deployer:
            yield f"{self.deployer} deploys {plan.workflow}", deployer_acls(plan, self.deployer)


def acl_document(plan: Plan, principals: Principals) -> dict[str, Any]:
    """The rules as plain data."""
    rules = [acl.to_json() for _, needed in principals.of(plan) for acl in needed]
    return {"workflow": plan.workflow, "acls": rules}


def acl_text(plan: Plan, principals: Principals, bootstrap: str) -> str:
    """The rules as commands, for a shell."""
    lines: list[str] = []
    for heading, needed in principals.of(plan):
        lines += [f"# {heading}", *(acl.command(bootstrap) for acl in needed)]
    return "\n".join(lines)
