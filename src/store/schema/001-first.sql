-- Times are milliseconds since 1970; 0 where a time is not set. Enums are the protocol's own words.
-- `n` is the order in which rows were made. A transaction around each file and the number in
-- user_version are the store's doing.

-- One row. `clean`: the last run ended by a close, not by a crash. `boot_id`: the boot of the
-- machine in which the database was last opened. `oldest_since`: the highest rev of a tombstone
-- that was forgotten. `seal`: tells a copy that was put back, see seal.h.
CREATE TABLE meta (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch TEXT NOT NULL,
    rev INTEGER NOT NULL,
    oldest_since INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    clean INTEGER NOT NULL CHECK (clean IN (0, 1)),
    seal TEXT NOT NULL
) STRICT;

CREATE TABLE project (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    path TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    rev INTEGER NOT NULL
) STRICT;
CREATE INDEX project_rev ON project (rev);

CREATE TABLE session (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    project_id TEXT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    agent TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('idle', 'working', 'error')),
    error_message TEXT,
    waiting_for TEXT CHECK (waiting_for IN ('permission', 'question')),
    waiting_since INTEGER NOT NULL,
    turn_started_at INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    read_seq INTEGER NOT NULL,
    queue_length INTEGER NOT NULL,
    cli_session_id TEXT,
    node TEXT,
    metadata TEXT,
    archived_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    rev INTEGER NOT NULL,
    options TEXT,
    run_id TEXT,
    turn_id TEXT,
    cancelling INTEGER NOT NULL CHECK (cancelling IN (0, 1)),
    user_named INTEGER NOT NULL CHECK (user_named IN (0, 1))
) STRICT;
CREATE INDEX session_project ON session (project_id);
CREATE INDEX session_rev ON session (rev);

CREATE TABLE tombstone (
    rev INTEGER NOT NULL,
    id TEXT NOT NULL,
    is_project INTEGER NOT NULL CHECK (is_project IN (0, 1)),
    deleted_at INTEGER NOT NULL,
    PRIMARY KEY (rev, id)
) STRICT, WITHOUT ROWID;

-- `bytes` is the length of `text`, which stands last so that reading the rest of a row does not
-- read it.
CREATE TABLE message (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    session_id TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    rev INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('user', 'text', 'thinking', 'tool', 'notice', 'error')),
    streaming INTEGER NOT NULL CHECK (streaming IN (0, 1)),
    created_at INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    metadata TEXT,
    text TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX message_seq ON message (session_id, seq);
CREATE INDEX message_rev ON message (session_id, rev);
CREATE INDEX message_streaming ON message (session_id) WHERE streaming = 1;

-- The pieces by which a streaming message has grown since its row was written.
CREATE TABLE message_piece (
    message INTEGER NOT NULL REFERENCES message (n) ON DELETE CASCADE,
    i INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (message, i)
) STRICT, WITHOUT ROWID;

CREATE TABLE queued_prompt (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    session_id TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    text TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX queued_prompt_session ON queued_prompt (session_id);

-- A run is a process: its row stays when its session is deleted, until someone has ended it.
CREATE TABLE run (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    session_id TEXT NOT NULL,
    agent TEXT NOT NULL,
    spec TEXT NOT NULL,
    consumed INTEGER NOT NULL,
    skip INTEGER NOT NULL,
    last_input INTEGER NOT NULL,
    decoder TEXT,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE run_input (
    run_id TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (run_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE secret (
    kind TEXT NOT NULL,
    hash TEXT NOT NULL CHECK (length(hash) = 64),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (kind, hash)
) STRICT, WITHOUT ROWID;
