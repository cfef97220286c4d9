"""Dead letters as people read them, and whether each can be sent back."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from amml_deploy.output import cell
from amml_language.diagnostics import visible
from amml_runtime.admin import Topic
from amml_runtime.letters import Letter
from amml_runtime.spec import Plan, StepSpec

WIDTH = 100
_LETTERS = re.compile(r"amml\.([a-z][a-z0-9_-]{0,39})\.dlq")


def topics_of_letters(topics: Iterable[Topic]) -> dict[str, str]:
    """The dead-letter topics there are, by their workflows.

    >>> topics_of_letters([Topic("amml.hot.dlq", 1), Topic("amml.hot.r1.dlq.replay", 1)])
    {'hot': 'amml.hot.dlq'}
    """
    found = ((_LETTERS.fullmatch(topic.name), topic.name) for topic in topics)
    return {match[1]: name for match, name in found if match}


def topics_of_replays(topics: Iterable[Topic], workflow: str) -> list[Topic]:
    """The topics through which letters of a workflow were sent back, one a run."""
    ours = re.compile(rf"amml\.{re.escape(workflow)}\.r\d+\.dlq\.replay")
    return [topic for topic in topics if ours.fullmatch(topic.name)]


def counts(workflow: str, letters: Iterable[Letter]) -> list[dict[str, Any]]:
    """How many letters there are, by step and kind of reason, and when the newest was written."""
    found: Counter[tuple[str, str]] = Counter()
    newest: dict[tuple[str, str], int] = {}
    for letter in letters:
        group = letter.step, kind_of(letter.reason)
        found[group] += 1
        newest[group] = letter.at_ms
    return [
        {
            "workflow": workflow,
            "step": step,
            "reason": reason,
            "letters": number,
            "newest": _time(newest[step, reason]),
        }
        for (step, reason), number in found.items()
    ]


def kind_of(reason: str) -> str:
    """A reason without its particulars.

    >>> kind_of("not JSON: unexpected end of data: line 1 column 1 (char 0)")
    'not JSON'
    """
    return reason.partition(":")[0]


def document(letter: Letter, replayed: Collection[int]) -> dict[str, Any]:
    """A letter as plain data; bytes that are no UTF-8 are escaped."""
    topic, partition, first, next_ = letter.source
    value = letter.value
    return {
        "number": letter.number,
        "time": _time(letter.at_ms),
        "step": letter.step,
        "run": letter.run,
        "reason": letter.reason,
        "source": {"topic": topic, "partition": partition, "first": first, "next": next_},
        "size": letter.full_size or (None if value is None else len(value)),
        "text": None if value is None else value.decode(errors="backslashreplace"),
        "replayed": letter.number in replayed,
    }


def lines(letter: Mapping[str, Any]) -> str:
    """A letter's document in two lines: who, why and where from; then what, cut at a width.

    >>> source = {"topic": "co2.raw", "partition": 0, "first": 7, "next": 8}
    >>> who = {"number": 3, "time": "2026-01-01T00:00:00Z", "step": "topic", "run": 1}
    >>> what = {"reason": "not JSON", "size": 3, "text": "a\\x1bb", "replayed": True}
    >>> print(lines({**who, **what, "source": source}))
    #3  2026-01-01T00:00:00Z  topic  co2.raw[0] 7  not JSON  (replayed)
        a\\x1bb
    """
    source, text = letter["source"], letter["text"]
    alone = source["next"] == source["first"] + 1
    offsets = str(source["first"]) if alone else f"{source['first']}-{source['next'] - 1}"
    place = f"{source['topic']}[{source['partition']}] {offsets}"
    head = [f"#{letter['number']}", letter["time"], letter["step"], place, cell(letter["reason"])]
    head += ["(replayed)"] if letter["replayed"] else []
    shown = "(no bytes)" if text is None else visible(text[: WIDTH + 1])
    if len(shown) > WIDTH:
        shown = f"{shown[:WIDTH]}... {letter['size']} bytes"
    return "  ".join(head) + f"\n    {shown}"


def obstacle(letter: Letter, plan: Plan) -> str | None:
    """Why a letter cannot be sent back to the step that refused it; None if it can."""
    step = _step_of(letter.step, plan)
    if letter.run != plan.run:
        return f"it is of run {letter.run}, and the workflow is in run {plan.run}"
    if step is None:
        return f"there is no step `{letter.step}` any more"
    if step.mode == "read":
        return "it was read from outside Kafka: mend the source and start a new run"
    if step.mode not in ("process", "write"):
        return f"`{letter.step}` has read its input once and does not read on"
    main = {each.topic: each.format for each in step.inputs if each.kind == "main"}
    if letter.source.topic not in (*main, step.replays):
        return "it came from a side input"
    records = main.get(letter.source.topic, "json") != "arrow"
    if letter.row is None and not (records and _is_whole_record(letter, step)):
        return "the row is too large to be kept, or its bytes are no row"
    return None


def _is_whole_record(letter: Letter, step: StepSpec) -> bool:
    """Whether it is of one message of a named topic, refused by the step that reads it."""
    first, next_ = letter.source[2:]
    made = letter.reason.startswith("the row is larger than")  # a row that the step made itself
    return next_ == first + 1 and letter.step == step.stages[0].label and not made


def _step_of(label: str, plan: Plan) -> StepSpec | None:
    """The step of that label, or the one in whose process it runs."""
    for step in plan.steps:
        if label in (stage.label for stage in step.stages):
            return step
    return None


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")
