"""The producer notices what librdkafka tells in its log only."""

import logging

import pytest

from amml_runtime.producer_log import ProducerLog


def after(text: str) -> ProducerLog:
    log = ProducerLog()
    log.emit(logging.LogRecord("rdkafka", logging.INFO, "", 0, text, None, None))
    return log


@pytest.mark.parametrize(
    "line",
    [
        "FAIL [rdkafka#producer-1] [thrd:127.0.0.1:9092/1]: Disconnected (after 5ms in state UP)",
        "REQTMOUT [rdkafka#producer-1] Timed out EndTxnRequest in flight (after 30000ms)",
    ],
)
def test_a_broken_connection_or_a_timed_out_request_taints(line: str) -> None:
    assert after(line).tainted


def test_any_other_line_does_not() -> None:
    log = after("PIDCHANGED [rdkafka#producer-1] PID changed; FAILURE is no word of its own")
    assert not log.tainted and not log.refused


def test_a_refused_topic_is_named() -> None:
    log = after(
        "ADDPARTS [rdkafka#producer-4] [thrd:main]: TxnCoordinator/1: Failed to add partition "
        '"amml.hot.out" [0] to transaction: Broker: Topic authorization failed'
    )
    assert log.refused == "amml.hot.out" and not log.tainted
