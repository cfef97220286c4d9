CREATE TABLE dataset (
    name text PRIMARY KEY,
    document jsonb NOT NULL,      -- what the lake says; can be made anew from there
    revision text NOT NULL,
    about jsonb NOT NULL DEFAULT '{}',  -- what people say: a text, and units of columns
    created timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE retention_rule (
    thing text PRIMARY KEY,       -- a data set, or `topic:NAME`
    body jsonb NOT NULL,
    created timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE deletion (           -- said before it begins, and again when it is done
    thing text NOT NULL,
    plan text NOT NULL,
    state text NOT NULL CHECK (state IN ('begun', 'done', 'given up')),
    actor text NOT NULL,
    detail jsonb NOT NULL,
    begun timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended timestamptz,
    PRIMARY KEY (thing, plan)
);
