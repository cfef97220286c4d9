-- Documents are `json`, not `jsonb`: it keeps 1.5e300 as it was written.

CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    action text NOT NULL,
    object text NOT NULL,
    detail json NOT NULL
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% only grows', TG_TABLE_NAME;
END $$;

CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE source (
    name text PRIMARY KEY,
    body json NOT NULL,
    revision text NOT NULL,
    created timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE model (
    name text PRIMARY KEY,
    created timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE model_version (
    model text NOT NULL REFERENCES model,
    version text NOT NULL,
    definition text NOT NULL,
    document json NOT NULL,
    created timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (model, version)
);

CREATE TABLE model_run (
    model text NOT NULL,
    version text NOT NULL,
    run text NOT NULL,
    status text NOT NULL CHECK (status IN ('running', 'completed', 'failed')),
    document json NOT NULL,
    created timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated timestamptz NOT NULL DEFAULT clock_timestamp(),
    completed timestamptz,
    PRIMARY KEY (model, run),  -- an alias names a run without its version
    UNIQUE (model, version, run),
    FOREIGN KEY (model, version) REFERENCES model_version
);

CREATE TABLE artefact (
    model text NOT NULL,
    version text NOT NULL,
    run text NOT NULL,
    file text NOT NULL,
    sha256 text NOT NULL,
    bytes bigint NOT NULL,
    created timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (model, run, file),
    FOREIGN KEY (model, version, run) REFERENCES model_run (model, version, run)
);

CREATE TABLE checkpoint (
    model text NOT NULL,
    version text NOT NULL,
    run text NOT NULL,
    epoch int NOT NULL,
    sha256 text NOT NULL,
    bytes bigint NOT NULL,
    created timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (model, run, epoch),
    FOREIGN KEY (model, version, run) REFERENCES model_run (model, version, run)
);

CREATE TABLE alias (
    model text NOT NULL REFERENCES model,
    alias text NOT NULL,
    run text NOT NULL,
    PRIMARY KEY (model, alias),
    FOREIGN KEY (model, run) REFERENCES model_run (model, run)
);

CREATE TABLE alias_change (  -- a null run: the alias was removed
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model text NOT NULL,
    alias text NOT NULL,
    version text,
    run text,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL
);
CREATE INDEX ON alias_change (model, alias, id);

CREATE TRIGGER alias_change_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON alias_change
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- One row: how often any workflow has changed. Its lock puts all such changes in one order.
CREATE TABLE control (one boolean PRIMARY KEY DEFAULT true CHECK (one), sequence bigint NOT NULL);
INSERT INTO control (sequence) VALUES (0);

CREATE TABLE workflow (  -- a removed one stays, so that no run number is used twice
    name text PRIMARY KEY,
    version int NOT NULL,
    desired text NOT NULL CHECK (desired IN ('running', 'stopped', 'removed')),
    keep_data boolean NOT NULL DEFAULT false,
    removed timestamptz,
    status json,
    reported_at timestamptz
);

CREATE TABLE workflow_version (
    name text NOT NULL REFERENCES workflow DEFERRABLE INITIALLY DEFERRED,
    version int NOT NULL,
    run int NOT NULL,
    text text NOT NULL,
    settings json NOT NULL,
    plan json NOT NULL,
    sources text[] NOT NULL,
    models text[] NOT NULL,
    actor text NOT NULL,
    created timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (name, version)
);

CREATE TABLE alert (
    workflow text NOT NULL,
    id text NOT NULL,
    step text NOT NULL,
    key text,
    state text NOT NULL,
    severity text NOT NULL,
    time timestamptz NOT NULL,
    value json,
    message text NOT NULL,
    src json,
    received timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (workflow, id)
);
CREATE INDEX ON alert (time DESC);
