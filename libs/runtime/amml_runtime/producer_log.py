"""What only the log of a producer tells."""

import logging
import re

_BROKEN = re.compile(r"\b(FAIL|REQTMOUT)\b")
_REFUSED = re.compile(r'Failed to add partition "(\S+)" .*: Topic authorization failed')


class ProducerLog(logging.Handler):
    """Notices, in librdkafka's log, that a request may have been sent twice.

    A connection that breaks or a request that times out is resent without a word, and old bytes
    can reach into the next transaction (KIP-890 is not in librdkafka); only the log tells. So it
    does of the topic that we may not write.
    """

    def __init__(self) -> None:
        super().__init__()
        self.tainted = False
        self.refused = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Remember a broken connection, a timed-out request, a refused topic."""
        text = record.getMessage()
        if _BROKEN.search(text):
            self.tainted = True
        elif match := _REFUSED.search(text):
            self.refused = match[1]
