"""The certificate as a page for people."""

from collections.abc import Sequence
from typing import Any

from amml_deploy.certify.certificate import LEVELS, Certificate, RoundResult, quantile
from amml_deploy.certify.edges import Level
from amml_deploy.output import cell

KINDS = ("lost", "doubled", "different", "reordered", "broken")
_NOT_COVERED = (
    "Effects outside Kafka, such as what `print` shows: they are at least once.",
    "Loss of a disk, of power, or of the broker's data.",
    "Input that is doubled or wrong already when it comes.",
    "More rows, more time and other faults than those listed here.",
)


def markdown(certificate: Certificate) -> str:
    """The report: what was done, what was found, and what is not covered.

    It says how many rounds had no anomalies; it never says that something is proven.
    """
    blocks = [
        f"# Certificate: {_headline(certificate)}",
        f"```\n{certificate.text}\n```",
        _anomalies(certificate),
        "## Rows",
        _edges(certificate),
        *_open(certificate),
        "## Faults",
        _faults(certificate),
        "## Recovery",
        _recovery(certificate),
        "## Rounds",
        _rounds(certificate),
        "## Not covered",
        _list([*certificate.notes, *_NOT_COVERED]),
        "## Made with",
        _table(["", ""], [[name, value] for name, value in _about(certificate)]),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _headline(certificate: Certificate) -> str:
    rounds, found = len(certificate.rounds), certificate.anomalies
    return f"{rounds} round{'s' * (rounds != 1)}, {found} anomal{'y' if found == 1 else 'ies'}"


def _anomalies(certificate: Certificate) -> str:
    said = [f"**{kind} {certificate.total(kind)}**" for kind in KINDS[:4]]
    lines = [", ".join(said)]
    for each in (certificate.calm, *certificate.rounds):
        lines += _examples(each)
    if certificate.nondeterministic:
        named = ", ".join(f"`{edge}`" for edge in certificate.nondeterministic)
        lines.append(
            f"Not deterministic even when nothing disturbs it: {named}. The same input gave other "
            "rows; such a step cannot be exactly once."
        )
    return "\n\n".join(lines)


def _examples(each: RoundResult) -> list[str]:
    name = f"round {each.number}" if each.number else "calm round"
    shown = [text for verdict in each.verdicts for text in verdict.examples]
    shown += [f"did not come to its end: {each.trouble}"] if each.trouble else []
    return [f"In the {name}:\n\n```\n" + "\n".join(shown) + "\n```"] if shown else []


def _edges(certificate: Certificate) -> str:
    rows: list[Sequence[Any]] = []
    for edge in certificate.edges:
        verdicts = [v for r in certificate.rounds for v in r.verdicts if v.edge == edge.name]
        counts = [sum(getattr(verdict, kind) for verdict in verdicts) for kind in KINDS]
        tolerance = f", within {edge.rtol:g}" if edge.rtol and edge.level < Level.OPEN else ""
        compared = LEVELS[edge.level] + tolerance
        rows.append([edge.name, certificate.rows[edge.topic], *counts, compared])
    letters = [v for r in certificate.rounds for v in r.verdicts if v.edge == "dead letters"]
    if letters:
        counts = [sum(getattr(verdict, kind) for verdict in letters) for kind in KINDS]
        rows.append(
            ["dead letters", letters[0].expected, *counts, "refused rows and their reasons"]
        )
    return _table(["Edge", "Rows a round", *KINDS, "Compared"], rows)


def _open(certificate: Certificate) -> list[str]:
    named = [f"`{edge.name}`" for edge in certificate.edges if edge.level > Level.ROWS]
    if not named:
        return []
    return [
        f"What {', '.join(named)} say depends on the order in which rows of several sources meet. "
        "That order is free, so those values are not compared."
    ]


def _faults(certificate: Certificate) -> str:
    found = certificate.faults()
    if not found:
        return "None met a process."
    return _table(["Fault", "Times"], list(found.items()))


def _recovery(certificate: Certificate) -> str:
    seconds = certificate.recoveries
    if not seconds:
        return "No fault interrupted work that was still to be done."
    named = [("p50", 0.5), ("p99", 0.99), ("max", 1.0)]
    text = ", ".join(f"{name} {quantile(seconds, q)} s" for name, q in named)
    return f"From a fault to the step's next committed transaction: {text} ({len(seconds)} faults)."


def _rounds(certificate: Certificate) -> str:
    rows = [
        [
            each.number or "calm",
            f"{each.seconds:.1f}",
            each.restarts,
            each.anomalies,
            ", ".join(f"{met.kind} {met.step or ''}".strip() for met in each.faults),
        ]
        for each in (certificate.calm, *certificate.rounds)
    ]
    return _table(["Round", "Seconds", "Restarts", "Anomalies", "Faults, in order"], rows)


def _about(certificate: Certificate) -> list[tuple[str, Any]]:
    return [
        ("input", certificate.input),
        ("seed", certificate.seed),
        *certificate.about.items(),
    ]


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"* {line}" for line in lines)


def _table(headers: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [list(headers), ["---"] * len(headers), *([cell(each) for each in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
