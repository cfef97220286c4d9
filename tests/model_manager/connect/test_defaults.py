"""What is added to a configuration, and what a connector leaves behind."""

from amml_model_manager.connect.classes import DEBEZIUM, OURS
from amml_model_manager.connect.defaults import completed, left_behind


def test_topics_are_made_by_the_connector_as_brokers_make_none() -> None:
    config, [note] = completed("hall", {"connector.class": OURS})
    assert config["topic.creation.default.partitions"] == "1"
    assert config["topic.creation.default.replication.factor"] == "-1"
    assert "topic.creation.default.partitions=1" in note


def test_what_is_given_stays() -> None:
    given = {
        "connector.class": OURS,
        "topic.creation.default.partitions": "3",
        "topic.creation.default.replication.factor": "2",
    }
    assert completed("hall", given) == (given, [])


def test_debezium_gives_rows_in_types_that_a_source_reads_and_a_slot_of_its_own() -> None:
    config, _ = completed("Hall-1", {"connector.class": DEBEZIUM})
    assert config["slot.name"] == config["publication.name"] == "amml_hall_1"
    assert config["transforms.unwrap.type"].endswith("ExtractNewRecordState")
    assert (config["plugin.name"], config["time.precision.mode"]) == ("pgoutput", "connect")
    assert "publication.autocreate.mode" not in config


def test_a_publication_is_of_the_named_tables_only() -> None:
    given = {"connector.class": DEBEZIUM, "table.include.list": "public.hall"}
    assert completed("hall", given)[0]["publication.autocreate.mode"] == "filtered"


def test_transforms_of_ones_own_are_left_alone() -> None:
    given = {"connector.class": DEBEZIUM, "transforms": "a", "transforms.a.type": "b"}
    config, _ = completed("hall", given)
    assert (config["transforms"], "transforms.unwrap.type" in config) == ("a", False)


def test_the_name_of_a_slot_is_one_that_postgresql_takes() -> None:
    config, _ = completed("H" * 100, {"connector.class": DEBEZIUM})
    assert len(config["slot.name"]) == 63


def test_the_slot_that_stays_is_told_with_the_way_to_drop_it() -> None:
    [note] = left_behind({"connector.class": DEBEZIUM, "slot.name": "s", "publication.name": "p"})
    assert "pg_drop_replication_slot('s')" in note and "DROP PUBLICATION IF EXISTS p" in note
    assert "slot" not in left_behind({"connector.class": OURS})[0]
