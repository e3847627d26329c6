CREATE TABLE IF NOT EXISTS modplan_store (one BIGINT PRIMARY KEY, format BIGINT NOT NULL, probes BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS run (
    run TEXT PRIMARY KEY,
    hub TEXT NOT NULL,
    approach TEXT NOT NULL,
    state TEXT NOT NULL,
    heading TEXT NOT NULL,
    work TEXT NOT NULL,
    streams TEXT NOT NULL,
    started_ms BIGINT NOT NULL,
    ended_ms BIGINT
);
CREATE TABLE IF NOT EXISTS event (
    run TEXT NOT NULL,
    seq BIGINT NOT NULL,
    line TEXT NOT NULL,
    PRIMARY KEY (run, seq)
);
CREATE TABLE IF NOT EXISTS lease (
    run TEXT PRIMARY KEY,
    host TEXT,
    pid BIGINT,
    birth TEXT,
    token BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL
);
CREATE TABLE IF NOT EXISTS claim (
    hub TEXT NOT NULL,
    stream TEXT NOT NULL,
    run TEXT NOT NULL,
    PRIMARY KEY (hub, stream)
);
CREATE TABLE IF NOT EXISTS dist_index (
    hub TEXT NOT NULL,
    stream TEXT NOT NULL,
    taken BIGINT NOT NULL,
    PRIMARY KEY (hub, stream)
);
CREATE TABLE IF NOT EXISTS dry_run (
    checksum TEXT PRIMARY KEY,
    plan TEXT NOT NULL,
    made_ms BIGINT NOT NULL
);
CREATE TABLE IF NOT EXISTS wish (
    run TEXT NOT NULL,
    seq BIGINT NOT NULL,
    wish TEXT NOT NULL,
    made_ms BIGINT NOT NULL,
    done BIGINT NOT NULL,
    PRIMARY KEY (run, seq)
);
