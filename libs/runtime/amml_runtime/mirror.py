"""What the outside sees of a task: the consumer group and the lag; nobody reads them back."""

import time

from amml_runtime.chunk import Input
from amml_runtime.connections import Connections
from amml_runtime.kafka_input import KafkaInput
from amml_runtime.metrics import Metrics
from amml_runtime.then_input import ThenInput

EVERY_SECONDS = 1.0


class Mirror:
    """Shows, at most once a second, where a task is."""

    def __init__(self, input: Input, made: Connections, metrics: Metrics) -> None:
        self._input = input
        self._made = made
        self._metrics = metrics
        self._last = 0.0

    def show(self, at_once: bool = False) -> None:
        """Mirror the offsets to the consumer group, and the figures to the metrics."""
        if not at_once and time.monotonic() - self._last < EVERY_SECONDS:
            return
        self._last = time.monotonic()
        self._metrics.recreated.inc(self._made.producer.take_recreated())
        shown = self._input.kafka if isinstance(self._input, ThenInput) else self._input
        if isinstance(shown, KafkaInput):
            self._show_input(shown)

    def _show_input(self, input: KafkaInput) -> None:
        if positions := input.positions():
            self._made.consumer.commit(offsets=positions, asynchronous=True)
        lag = input.lag()
        self._metrics.repeats.inc(input.take_repeats())
        self._metrics.lag_records.set(lag)
        self._metrics.lag_seconds.set(time.time() - input.newest_ms / 1000 if lag else 0.0)
