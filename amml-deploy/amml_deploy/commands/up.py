"""`amml up`: start the embedded platform."""

import click

from amml_deploy.output import facts, output_option, show


@click.command("up")
@click.option(
    "--brokers",
    type=click.IntRange(1, 9),
    help="How many Kafka brokers, chosen at the first start.",
)
@click.option("--connect", is_flag=True, help="With Kafka Connect, now and at every later start.")
@output_option
def command(output: str, brokers: int | None, connect: bool) -> None:
    """Start Kafka, HDFS, PostgreSQL, the control API and all that goes with them on this machine.

    \b
    amml up
    amml up --brokers 3     # every topic has three copies: one broker may fail
    amml up --connect       # with a Kafka Connect worker, as `amml connect add` starts one
    AMML_HOME=/srv/amml amml up --output json

    What runs already is left alone, what has died is started again, and with it the workflows that
    should run. Everything lives in ~/.amml (AMML_HOME) and listens on 127.0.0.1 only. The first
    start fetches about 130 MB into ~/.cache/amml (AMML_CACHE).
    """
    import os

    from amml_deploy.control import home_of
    from amml_deploy.platform.alert_board import AlertBoard, is_there
    from amml_deploy.platform.platform import up
    from amml_deploy.progress import progress

    with progress() as report:
        platform = up(home_of(os.environ), report, brokers, connect)
    document = {
        "home": str(platform.home.path),
        "kafka": platform.kafka,
        "control": platform.control,
        "webhdfs": platform.webhdfs,
    }
    if is_there(platform):
        document["alerts"] = AlertBoard(platform.home, platform).url
    show(output, document, lambda: facts(document))
