"""A consumer that notices when another topic stands under the name it reads.

A topic that is deleted and made again has other records at the same offsets, and librdkafka reads
on without a word wherever the new topic is long enough. Its log names the topic's id each time it
learns it, and does so before it hands over the first record of the new topic.
"""

import logging
import re
import sys

from amml_runtime import client

_ID = re.compile(r"Topic (\S+) changed id from \S+ to (\S+)")
_COUNT = re.compile(r"Topic (\S+) .*partition count changed from \d+ to (\d+)")
_REFUSED = re.compile(r"SASL authentication error|certificate verify failed|alert certificate")
REFRESH_MS = 30_000  # how soon at the latest added partitions are noticed


class TopicLog(logging.Handler):
    """What the client's log has said last of each topic: its id, and how many partitions it has.

    `refused` is what it said of a broker that did not let it in again.

    >>> log = TopicLog()
    >>> say = lambda text: log.emit(logging.LogRecord("", 10, "", 0, text, None, None))
    >>> say("METADATA [...]: Topic co2.raw changed id from AAAA to yjBg")
    >>> say("PARTCNT [...]: Topic co2.raw (id yjBg) partition count changed from 0 to 3")
    >>> log.ids, log.partitions
    ({'co2.raw': 'yjBg'}, {'co2.raw': 3})
    """

    def __init__(self) -> None:
        super().__init__()
        self.ids: dict[str, str] = {}
        self.partitions: dict[str, int] = {}
        self.refused = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Take note of a topic's id or partitions, or of a refusal."""
        text = record.getMessage()
        if match := _ID.search(text):
            self.ids[match[1]] = match[2]
        elif match := _COUNT.search(text):
            self.partitions[match[1]] = int(match[2])
        elif _REFUSED.search(text):
            self.refused = text
        elif record.levelno >= logging.CRITICAL:
            print(text, file=sys.stderr, flush=True)


class WatchedConsumer(client.GroupConsumer):
    """A consumer of committed records, and the log of the topics it reads.

    `topics` is up to date whenever `consume` returns: nothing it returned is of a later topic.
    """

    def __init__(self, bootstrap: str, group: str) -> None:
        self.topics = TopicLog()
        logger = logging.Logger("amml.topics", logging.DEBUG)
        logger.addHandler(self.topics)
        settings = client.reading(
            bootstrap,
            group,
            logger=logger,
            log_level=7,
            debug="topic",  # a line when a topic changes, none while it does not
            **{"topic.metadata.refresh.interval.ms": REFRESH_MS},
        )
        super().__init__(settings)
