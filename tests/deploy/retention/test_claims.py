"""What models were trained on, as their runs tell it."""

from amml_deploy.retention.claims import Claims, Stretch
from amml_lake.protection import Claim

HOUR = 3_600_000_000


def test_a_run_names_a_snapshot_with_its_times_and_offsets_of_topics() -> None:
    claims = Claims()
    lake = {"dataset": "co2", "snapshot": "s", "from": "1970-01-01T02:00:00+00:00", "to": None}
    claims.add("run `a`", {"lake": [lake], "co2.raw[3]": [5, 9]})
    assert claims.lake == {"co2": [Claim("run `a`", "s", 2 * HOUR, None)]}
    assert claims.topics == {("co2.raw", 3): [Stretch("run `a`", 5, 9)]}


def test_a_time_without_a_zone_is_as_wide_as_it_may_be_meant() -> None:
    claims = Claims()
    days = {"dataset": "co2", "snapshot": "s", "from": "1970-01-02", "to": "1970-01-03"}
    claims.add("run `a`", {"lake": [days]})
    [claim] = claims.lake["co2"]
    assert (claim.first, claim.until) == (10 * HOUR, 62 * HOUR)
