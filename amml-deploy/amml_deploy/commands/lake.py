"""`amml lake`: what lies in the data lake, whether it is all there, and fewer files of it."""

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from amml_deploy.datasets import data_sets, plainly
from amml_deploy.errors import UserError
from amml_deploy.lake_text import contents, contents_text, set_row, sets_text
from amml_deploy.lakes import the_lake
from amml_deploy.output import facts, output_option, say, show
from amml_lake.data_set import DataSet
from amml_lake.listing import calendar
from amml_lake.synchroniser import whole
from amml_language.diagnostics import visible

if TYPE_CHECKING:
    from amml_lake.verification import Proof

_EXAMPLES = 3


@click.group("lake")
def command() -> None:
    """Look at the data lake: data sets of Parquet, which `to_lake` writes.

    \b
    amml lake ls
    amml lake ls co2 --folder year=2022/month=04
    amml lake verify co2
    amml lake compact co2 --dry-run
    amml lake schema co2 --duckdb

    It is the platform's own, or the one that AMML_LAKE names: file:///FOLDER or
    webhdfs://HOST:PORT/FOLDER.
    """


@command.command("ls")
@click.argument("name", required=False)
@click.option("--folder", default="", help="Only what lies in this folder, as year=2022/month=04.")
@click.option("--files", is_flag=True, help="Each file, not only each folder.")
@output_option
def ls(name: str | None, folder: str, files: bool, output: str) -> None:
    """List the data sets, or the folders of NAME with their rows, bytes and times.

    \b
    amml lake ls
    amml lake ls co2
    amml lake ls co2 --folder year=2022/month=04 --files

    Times are those of the zone whose calendar the folders follow.
    """
    if name is None and (folder or files):
        raise UserError("--folder and --files go with the name of a data set")
    with plainly():
        if name is None:
            sets = [set_row(each.name, each.live()) for each in data_sets(the_lake())]
            show(output, sets, lambda: sets_text(sets))
            return
        data_set = DataSet(the_lake(), name)
        data_set.demand()
        document = contents(name, data_set.live(), folder, files)
    show(output, document, lambda: contents_text(document))


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

    with plainly():
        proof = proof_of(DataSet(the_lake(), name), deep)
    for each in proof.waiting:
        say(each)
    show(output, _document(name, proof), lambda: _told(name, proof))
    if proof.findings:
        raise SystemExit(1)


@command.command("compact")
@click.argument("name")
@click.option("--before", metavar="DATE", help="Only folders whose time has passed by this day.")
@click.option(
    "--grace", default="1h", show_default=True, help="A folder's time has passed so long."
)
@click.option("--target-size", default="128MB", show_default=True, help="Of a file, about.")
@click.option("--keep", default="1d", show_default=True, help="Replaced files, for their readers.")
@click.option("--dry-run", is_flag=True, help="Only show what would be put together.")
@output_option
def compact(
    name: str,
    before: str | None,
    grace: str,
    target_size: str,
    keep: str,
    dry_run: bool,
    output: str,
) -> None:
    """Put the small files of NAME together, in folders whose time has passed.

    \b
    amml lake compact co2 --dry-run
    amml lake compact co2
    amml lake compact co2 --before 2022-05-01 --target-size 256MB

    The rows of a folder are then in the order of their time. Writers and readers may go on; what
    breaks off is finished or taken back by the next compaction.
    """
    from amml_deploy.lake_compaction import carried_out, compacted_text, planned, wished
    from amml_lake.compaction import work

    with plainly():
        data_set = DataSet(the_lake(), name)
        data_set.demand()
        live = data_set.live()
        wish = wished(calendar(live)[1], before, grace, target_size, keep)
        if dry_run:
            rows = [planned(each) for each in work(live, wish)]
        else:
            rows = list(carried_out(data_set, wish))
    document = {"name": name, "dry_run": dry_run, "folders": rows}
    show(output, document, lambda: compacted_text(name, rows, dry_run))


@command.command("schema")
@click.argument("name")
@click.option("--hive", is_flag=True, help="The CREATE EXTERNAL TABLE for Hive.")
@click.option("--spark", is_flag=True, help="The view for Spark SQL.")
@click.option("--duckdb", is_flag=True, help="The query for DuckDB.")
@click.option(
    "--location", metavar="URL", help="Where the engine finds it, as hdfs://nn:8020/lake/co2."
)
@output_option
def schema(name: str, location: str | None, output: str, **engines: bool) -> None:
    """Show the columns of NAME with their types, or the statement with which an engine reads it.

    \b
    amml lake schema co2
    amml lake schema co2 --hive --location hdfs://namenode:8020/amml/lake/co2
    duckdb -c "$(AMML_LAKE=file:///lake amml lake schema co2 --duckdb)"

    SINCE is when the first commit with the column was written.
    """
    from amml_deploy.lake_schema import columns, columns_text, statements
    from amml_lake.ddl import location_of

    with plainly():
        data_set = DataSet(the_lake(), name)
        data_set.demand()
        found = whole(data_set)
        place = location or location_of(data_set.store.url)
        told = statements(found, place, [each for each, wanted in engines.items() if wanted])
    document = {"name": name, "by": found["by"], "columns": columns(found), "statements": told}
    show(output, document, lambda: "\n\n".join(told.values()) or columns_text(found))


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
