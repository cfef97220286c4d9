CREATE TABLE schedule (
    name text PRIMARY KEY,
    body json NOT NULL,
    paused boolean NOT NULL DEFAULT false,
    anchor timestamptz NOT NULL,  -- where intervals are counted from
    last timestamptz NOT NULL,    -- every time up to here is settled
    asked timestamptz,            -- somebody wants a run beside the due ones
    created timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE schedule_run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    schedule text NOT NULL REFERENCES schedule ON DELETE CASCADE,
    due timestamptz NOT NULL,
    by text NOT NULL,
    state text NOT NULL DEFAULT 'running'
        CHECK (state IN ('running', 'completed', 'failed', 'timed out', 'stopped', 'lost')),
    started timestamptz NOT NULL DEFAULT clock_timestamp(),
    leased timestamptz NOT NULL,  -- a running one is lost after this
    ended timestamptz,
    exit_code int,
    output text[] NOT NULL DEFAULT '{}',
    UNIQUE (schedule, due)
);
-- However many schedulers there are: never two at once.
CREATE UNIQUE INDEX schedule_run_one_at_once ON schedule_run (schedule) WHERE state = 'running';
