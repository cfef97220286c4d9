"""`amml topics`: the topics that workflows own, and those of others."""

import re
from typing import Any

import click

from amml_deploy.names import RESERVED
from amml_deploy.output import output_option, say, show, table

_OURS = re.compile(r"amml\.(?P<workflow>[a-z0-9_-]+)(\.r(?P<run>\d+))?(\.(?P<rest>.+))?")


@click.command("topics")
@output_option
def command(output: str) -> None:
    """List the topics, by workflow, run and step.

    \b
    amml topics
    amml topics --output json
    """
    from amml_deploy.broker import topics  # a Kafka client, which only this needs

    documents = [describe(topic.name, topic.partitions) for topic in topics()]
    if not documents:
        say("no topics yet")
    headers = ["TOPIC", "WORKFLOW", "RUN", "STEP", "PARTITIONS"]
    rows = [list(document.values()) for document in documents]
    show(output, documents, lambda: table(headers, rows))


def describe(name: str, partitions: int) -> dict[str, Any]:
    """What a topic's name says; of a topic of others, nothing.

    >>> describe("amml.hot.r1.filter", 1)
    {'name': 'amml.hot.r1.filter', 'workflow': 'hot', 'run': 1, 'step': 'filter', 'partitions': 1}
    """
    match = _OURS.fullmatch(name)
    shared = match is not None and match["workflow"] in RESERVED["workflow"]
    none = dict.fromkeys(("workflow", "run", "rest"))
    found = none if match is None or shared else match.groupdict()
    return {
        "name": name,
        "workflow": found["workflow"],
        "run": int(found["run"]) if found["run"] else None,
        "step": found["rest"],
        "partitions": partitions,
    }
