"""`amml compare`: ways to do one thing, tried on the user's own rows."""

from pathlib import Path

import click

from amml_deploy.errors import UserError
from amml_deploy.output import output_option, say, show, table

_METHOD = "One to try; may be repeated. All unless given."


@click.group("compare")
def command() -> None:
    """Try the ways to do one thing on your own rows.

    \b
    amml compare impute ETTh1.csv --of OT
    """


@command.command("impute")
@click.argument("target", metavar="SOURCE|FILE")
@click.option("--of", "of", required=True, help="The column that is filled.")
@click.option(
    "--share", default=0.05, show_default=True, type=click.FloatRange(0, 0.9, min_open=True)
)
@click.option("--method", "methods", multiple=True, help=_METHOD)
@click.option("--season", default=24, show_default=True, type=click.IntRange(1), help="In rows.")
@click.option(
    "--seed",
    default=1,
    show_default=True,
    type=click.IntRange(0),
    help="The same seed hides the same values.",
)
@click.option("--time", help="The column with each row's time; a file's first unless given.")
@click.option("--tz", default="UTC", show_default=True, help="The zone of times that name none.")
@click.option("--rows", default=100_000, show_default=True, type=click.IntRange(1), help="At most.")
@click.option(
    "--chart", type=click.Path(dir_okay=False, path_type=Path), help="Draw it, as out.png."
)
@output_option
def impute(
    target: str,
    of: str,
    share: float,
    methods: tuple[str, ...],
    season: int,
    seed: int,
    time: str | None,
    tz: str,
    rows: int,
    chart: Path | None,
    output: str,
) -> None:
    """Hide known values of a column, and see how near each method of `impute` comes to them.

    \b
    amml compare impute ETTh1.csv --of OT
    amml compare impute ett --of OT --share 0.2 --method linear --method seasonal
    amml compare impute hall.csv --of co2 --season 1440 --chart co2.png

    A share of the values, drawn with the seed, is hidden; the first and the last stay. RMSE and MAE
    are in the column's unit, MAPE in percent of values that are not 0.
    """
    from amml_deploy.compare.imputing import compare
    from amml_deploy.compare.rows import read
    from amml_progress.impute import METHODS

    for method in methods:
        if method not in METHODS:
            raise UserError(f"--method {method}: it is one of {', '.join(METHODS)}")
    batch = read(target, time, tz, rows)
    comparison = compare(batch, of, share, seed, methods or METHODS, season)
    if chart is not None:
        from amml_deploy.compare.chart import draw

        draw(comparison, chart)
        say(f"the chart is in {chart}")
    lines = [
        [each.method, each.rmse, each.mae, each.mape, f"{each.filled}/{comparison.hidden}"]
        for each in comparison.scores
    ]
    headers = ["METHOD", "RMSE", "MAE", "MAPE %", "FILLED"]
    show(output, comparison.document(), lambda: table(headers, lines))
