"""Periodic work, and the runs of it that schedulers take."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from amml_model_manager.context import Actor, Body, Db, ScheduleName
from amml_model_manager.documents import Text, storable
from amml_model_manager.store import schedules

router = APIRouter(prefix="/schedules", tags=["schedules"])
_TEN_YEARS_MS = 10 * 366 * 86_400_000
Milliseconds = Annotated[int, Field(ge=1000, le=_TEN_YEARS_MS)]
Scheduler = Annotated[Text, Field(min_length=1, max_length=200)]
Lease = Annotated[float, Field(ge=0.5, le=3600)]
RunId = Annotated[int, Path(ge=1, lt=1 << 63)]
# What a command printed is never refused.
Line = Annotated[str, Field(max_length=2000), BeforeValidator(storable)]


class Schedule(BaseModel):
    """A command, and when it is due: at each `every_ms`, or as `cron` says in the zone `tz`."""

    model_config = ConfigDict(extra="forbid")
    run: Annotated[Text, Field(min_length=1, max_length=2000)]
    every_ms: Milliseconds | None = None
    cron: Annotated[Text, Field(min_length=1, max_length=200)] | None = None
    tz: Annotated[Text, Field(min_length=1, max_length=100)] = "UTC"
    start: AwareDatetime | None = None
    missed: Literal["skip", "once", "all"] = "once"
    timeout_ms: Milliseconds = 6 * 3_600_000

    @model_validator(mode="after")
    def _one_rule(self) -> "Schedule":
        if (self.every_ms is None) == (self.cron is None):
            raise ValueError("expected either every_ms or cron")
        return self


class Change(BaseModel):
    """Whether a schedule is held."""

    model_config = ConfigDict(extra="forbid")
    paused: bool


class Claim(BaseModel):
    """Who takes a run for how many seconds, and at what time it was due."""

    model_config = ConfigDict(extra="forbid")
    by: Scheduler
    due: AwareDatetime
    lease: Lease


class Renewal(BaseModel):
    """Who goes on with a run, for how many seconds more."""

    model_config = ConfigDict(extra="forbid")
    by: Scheduler
    lease: Lease


class End(BaseModel):
    """How a run has ended."""

    model_config = ConfigDict(extra="forbid")
    by: Scheduler
    state: Literal["completed", "failed", "timed out", "stopped", "lost"]
    exit_code: Annotated[int, Field(ge=-255, le=255)] | None = None
    output: Annotated[list[Line], Field(max_length=100)] = []


@router.get("")
def get_schedules(db: Db) -> Body:
    """All schedules, by name, each with its newest run; and what time it is here."""
    with db.transaction() as transaction:
        found = schedules.every(transaction)
        return {"now": schedules.now(transaction), "schedules": found}


@router.put("/{name}")
def put_schedule(name: ScheduleName, body: Schedule, db: Db, actor: Actor) -> Body:
    """Add or change a schedule; one with another rule is counted from now."""
    with db.transaction() as transaction:
        return schedules.put(transaction, actor, name, body.model_dump(mode="json"))


@router.get("/{name}")
def get_schedule(name: ScheduleName, db: Db) -> Body:
    """One schedule with its last runs, newest first; and what time it is here."""
    with db.transaction() as transaction:
        found = schedules.get(transaction, name)
        return found | {"now": schedules.now(transaction)}


@router.patch("/{name}")
def patch_schedule(name: ScheduleName, body: Change, db: Db, actor: Actor) -> Body:
    """Hold a schedule, or let it go on with its next time; a run under way goes on."""
    with db.transaction() as transaction:
        schedules.pause(transaction, actor, name, body.paused)
        return schedules.get(transaction, name)


@router.delete("/{name}")
def delete_schedule(name: ScheduleName, db: Db, actor: Actor) -> Body:
    """Remove a schedule that is not running, and its history."""
    with db.transaction() as transaction:
        schedules.delete(transaction, actor, name)
    return {"name": name, "deleted": True}


@router.post("/{name}/now")
def run_now(name: ScheduleName, db: Db, actor: Actor) -> Body:
    """Want a run now, or as soon as the one under way has ended; `due` is how to know it."""
    with db.transaction() as transaction:
        return {"name": name, "due": schedules.ask(transaction, actor, name)}


@router.post("/{name}/runs")
def claim_run(name: ScheduleName, body: Claim, db: Db) -> Body:
    """Take the run that is due: 409 if another has it."""
    with db.transaction() as transaction:
        return schedules.claim(transaction, name, body.by, body.due, body.lease)


@router.patch("/{name}/runs/{run}")
def renew_run(name: ScheduleName, run: RunId, body: Renewal, db: Db) -> Body:
    """Go on with a run; 409 if it is not the caller's any more, who then has to end it."""
    with db.transaction() as transaction:
        schedules.renew(transaction, name, run, body.by, body.lease)
    return {"name": name, "run": run}


@router.put("/{name}/runs/{run}")
def end_run(name: ScheduleName, run: RunId, body: End, db: Db) -> Body:
    """Say how a run has ended."""
    how = body.model_dump(exclude={"by"})
    with db.transaction() as transaction:
        schedules.end(transaction, name, run, body.by, how)
    return {"name": name, "run": run}
