"""`topic`: a name that Kafka takes."""

import pytest

from amml_ingress.topic import Topic


@pytest.mark.parametrize("name", ["", "a b", "__consumer_offsets", "x" * 250, "a/b"])
def test_what_is_no_name_of_a_topic_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be a topic's name"):
        Topic(name)


def test_a_topic_does_not_end() -> None:
    assert not Topic("co2.raw").ends()
