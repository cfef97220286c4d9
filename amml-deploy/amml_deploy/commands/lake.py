"""`amml lake`: what lies in the data lake, and whether it is all there."""

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from amml_deploy.errors import AmmlError, UserError
from amml_deploy.lakes import the_lake
from amml_deploy.output import facts, output_option, say, show
from amml_lake.data_set import DataSet
from amml_lake.errors import LakeError, Unsuitable
from amml_language.diagnostics import visible

if TYPE_CHECKING:
    from amml_lake.verification import Proof

_EXAMPLES = 3


@click.group("lake")
def command() -> None:
    """Look at the data lake: data sets of Parquet, which `to_lake` writes.

    \b
    amml lake verify co2

    It is the platform's own, or the one that AMML_LAKE names: file:///FOLDER or
    webhdfs://HOST:PORT/FOLDER.
    """


@command.command("verify")
@click.argument("name")
@click.option("--deep", is_flag=True, help="Read all rows, not only how many each file has.")
@output_option
def verify(name: str, deep: bool, output: str) -> None:
    """Prove that every row that was taken into NAME is there once, or say what is wrong.

    \b
    amml lake verify co2
    amml lake verify co2 --deep

    Nothing is changed, and writers may go on. Exit code 1 if anything is wrong.
    """
    from amml_lake.verification import verify as proof_of

    with _data_set(name) as data_set:
        proof = proof_of(data_set, deep)
    for each in proof.waiting:
        say(each)
    show(output, _document(name, proof), lambda: _told(name, proof))
    if proof.findings:
        raise SystemExit(1)


@contextmanager
def _data_set(name: str) -> Generator[DataSet]:
    """A data set that is there; what the lake says becomes a message and an exit code."""
    try:
        data_set = DataSet(the_lake(), name)
        data_set.demand()
        yield data_set
    except Unsuitable as error:
        raise UserError(str(error)) from error
    except LakeError as error:
        raise AmmlError(str(error)) from error


def _document(name: str, proof: "Proof") -> dict[str, object]:
    findings = [{"class": each.kind, "what": each.what} for each in proof.findings]
    return {"dataset": name, "sound": not findings, **asdict(proof), "findings": findings}


def _told(name: str, proof: "Proof") -> str:
    shown = {
        "commits": f"{proof.commits:,} of {proof.chains:,} writers",
        "compactions": f"{proof.compactions:,}",
        "offsets": f"{proof.offsets:,}",
        "rows taken": f"{proof.taken:,}",
        "rows deleted": f"{proof.deleted:,}",
        "rows there": f"{proof.rows:,} in {proof.files:,} files of {proof.bytes:,} bytes",
    }
    return "\n".join([facts(shown), "", *(_wrong(proof) or [_sound(name, proof)])])


def _sound(name: str, proof: "Proof") -> str:
    how = "each read" if proof.deep else "by the footers of all files"
    return f"{name} is sound: the ranges tile, and every row taken is there once ({how})"


def _wrong(proof: "Proof") -> list[str]:
    """Each class that was found, how often, and the first examples of it."""
    from amml_lake.verification import CLASSES

    counts = Counter(each.kind for each in proof.findings)
    lines: list[str] = []
    for kind in sorted(counts, key=list(CLASSES).index):
        lines.append(f"{kind}  {counts[kind]:,}  {CLASSES[kind]}")
        examples = [each.what for each in proof.findings if each.kind == kind]
        lines += [f"    {visible(each)}" for each in examples[:_EXAMPLES]]
    return lines
