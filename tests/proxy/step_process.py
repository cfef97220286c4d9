"""A step process as users run it, but less patient, so that a test need not wait for 30 seconds.

`AMML_TEST_PATIENT` leaves it as it is. `AMML_TEST_UNDEFENDED` makes it deaf to librdkafka's log: a
proxy that then does no harm would prove nothing.
"""

import os
import re
import sys

from amml_runtime import client, producer_log
from amml_runtime.__main__ import main

if not os.environ.get("AMML_TEST_PATIENT"):
    client.TRANSACTION_MS = 10_000
    client.REQUEST_MS = 2_000
    client.CALL_SECONDS = 10.0
if os.environ.get("AMML_TEST_UNDEFENDED"):
    producer_log._BROKEN = re.compile("(?!)")  # pyright: ignore[reportPrivateUsage] (there is no switch)

if __name__ == "__main__":
    sys.exit(main())
