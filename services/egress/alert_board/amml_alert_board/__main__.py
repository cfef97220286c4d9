"""`python -m amml_alert_board` runs the alert board."""

import asyncio
import logging
import os
import sys
import time

from amml_alert_board.settings import Settings, SettingsError

_LOG = logging.getLogger("amml_alert_board")
_PAUSE = 3.0


def main() -> None:
    """Run until told to stop by SIGTERM or Ctrl-C."""
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        sys.exit(f"amml_alert_board: {error}")
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for name in ("faust", "mode", "aiokafka"):  # they tell of every step they take
        logging.getLogger(name).setLevel(logging.WARNING)
    if _was_told_to_stop(settings):
        return
    # Faust ends when Kafka goes away at the wrong moment. What it knew is in its topics.
    _LOG.error("the board begins again in %.0f s; nothing is lost", _PAUSE)
    time.sleep(_PAUSE)
    os.execv(sys.executable, [sys.executable, "-m", "amml_alert_board"])


def _was_told_to_stop(settings: Settings) -> bool:
    """Run; False when it has ended otherwise, and said why."""
    from aiokafka.errors import KafkaError  # late, so that a wrong setting answers at once
    from mode import Worker

    from amml_alert_board.app import make_app
    from amml_alert_board.topics import NoTopics, make_topics

    try:
        asyncio.run(make_topics(settings.kafka, settings.prefix))
        app = make_app(settings)
        worker = Worker(app, loglevel="WARN", override_logging=False, redirect_stdouts=False)
        worker.execute_from_commandline()
    except SystemExit as end:
        return not end.code
    except (KafkaError, NoTopics) as error:
        _LOG.error("Kafka: %s", error)
        return False


if __name__ == "__main__":
    main()
