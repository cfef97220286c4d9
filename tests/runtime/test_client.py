"""The producer notices that librdkafka may have repeated itself."""

import logging

import pytest

from amml_runtime.client import TaintLog


def said(text: str) -> bool:
    log = TaintLog()
    log.emit(logging.LogRecord("rdkafka", logging.INFO, "", 0, text, None, None))
    return log.tainted


@pytest.mark.parametrize(
    "line",
    [
        "FAIL [rdkafka#producer-1] [thrd:127.0.0.1:9092/1]: Disconnected (after 5ms in state UP)",
        "REQTMOUT [rdkafka#producer-1] Timed out EndTxnRequest in flight (after 30000ms)",
    ],
)
def test_a_broken_connection_or_a_timed_out_request_taints(line: str) -> None:
    assert said(line)


def test_any_other_line_does_not() -> None:
    assert not said("PIDCHANGED [rdkafka#producer-1] PID changed; FAILURE is no word of its own")
