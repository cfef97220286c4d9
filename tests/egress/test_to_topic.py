"""`to_topic`: names that belong to others."""

import pytest

from amml_egress.to_topic import ToTopic


def test_the_topic_is_the_one_named() -> None:
    assert ToTopic("co2.clean").topic("amml") == "co2.clean"
    assert ToTopic("ammlx.clean").topic("amml") == "ammlx.clean"


@pytest.mark.parametrize("name", ["", "a b", "__consumer_offsets", "x" * 250])
def test_what_is_no_name_of_a_topic_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be a topic's name"):
        ToTopic(name)


def test_the_platforms_own_topics_are_refused() -> None:
    with pytest.raises(ValueError, match="begins with `amml.`"):
        ToTopic("amml.alerts").topic("amml")
