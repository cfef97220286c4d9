"""`python -m amml_alert_board` runs the alert board."""

import asyncio
import logging
import os
import sys

from amml_alert_board.settings import Settings, SettingsError


def main() -> None:
    """Run until told to stop by SIGTERM or Ctrl-C."""
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        sys.exit(f"amml_alert_board: {error}")

    from mode import Worker  # late, so that a wrong setting answers at once

    from amml_alert_board.app import make_app
    from amml_alert_board.topics import make_topics

    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for name in ("faust", "mode", "aiokafka"):  # they tell of every step they take
        logging.getLogger(name).setLevel(logging.WARNING)
    asyncio.run(make_topics(settings.kafka, settings.prefix))
    app = make_app(settings)
    worker = Worker(app, loglevel="WARN", override_logging=False, redirect_stdouts=False)
    worker.execute_from_commandline()


if __name__ == "__main__":
    main()
