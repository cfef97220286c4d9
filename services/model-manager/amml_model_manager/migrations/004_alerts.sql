ALTER TABLE alert ADD COLUMN acknowledged timestamptz, ADD COLUMN acknowledged_by text;
CREATE INDEX ON alert (workflow, step, key, time) WHERE state <> 'resolved';

CREATE TABLE alert_silence (      -- of one key of one step: nobody is told of its alerts
    workflow text NOT NULL,
    step text NOT NULL,
    key text,
    until timestamptz NOT NULL,
    actor text NOT NULL
);
CREATE UNIQUE INDEX ON alert_silence (workflow, step, (key IS NULL), coalesce(key, ''));

CREATE TABLE alert_change (       -- what became of an alert, by itself or by somebody
    number bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    workflow text NOT NULL,
    id text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    what text NOT NULL,
    actor text,                   -- null: the workflow itself
    detail jsonb NOT NULL DEFAULT '{}',
    FOREIGN KEY (workflow, id) REFERENCES alert ON DELETE CASCADE
);
CREATE INDEX ON alert_change (workflow, id, number);
INSERT INTO alert_change (workflow, id, at, what, detail)
    SELECT workflow, id, received, state, jsonb_build_object('time', time) FROM alert;
