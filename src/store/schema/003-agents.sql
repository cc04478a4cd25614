-- `plan` is a new word of message.kind. SQLite cannot change a CHECK: the table is made anew, its
-- pieces first, so that dropping the old ones takes nothing along.
CREATE TABLE message_new (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    session_id TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    rev INTEGER NOT NULL,
    kind TEXT NOT NULL
        CHECK (kind IN ('user', 'text', 'thinking', 'tool', 'plan', 'notice', 'error')),
    streaming INTEGER NOT NULL CHECK (streaming IN (0, 1)),
    created_at INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    metadata TEXT,
    text TEXT NOT NULL
) STRICT;
CREATE TABLE message_piece_new (
    message INTEGER NOT NULL REFERENCES message_new (n) ON DELETE CASCADE,
    i INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (message, i)
) STRICT, WITHOUT ROWID;
INSERT INTO message_new
    SELECT n, id, session_id, seq, rev, kind, streaming, created_at, bytes, metadata, text
    FROM message;
INSERT INTO message_piece_new SELECT message, i, bytes, text FROM message_piece;
DROP TABLE message_piece;
DROP TABLE message;
ALTER TABLE message_new RENAME TO message;
ALTER TABLE message_piece_new RENAME TO message_piece;
CREATE UNIQUE INDEX message_seq ON message (session_id, seq);
CREATE INDEX message_rev ON message (session_id, rev);
CREATE INDEX message_streaming ON message (session_id) WHERE streaming = 1;

-- The agent's own lines that a message was made from. `bytes` is the length of the whole line,
-- `line` at most its first 64 KiB.
CREATE TABLE message_raw (
    message INTEGER NOT NULL REFERENCES message (n) ON DELETE CASCADE,
    i INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    line TEXT NOT NULL,
    PRIMARY KEY (message, i)
) STRICT, WITHOUT ROWID;

-- `includes`: the input names files that its holder puts in, see hold/include.h.
ALTER TABLE run_input ADD COLUMN includes INTEGER NOT NULL DEFAULT 0;

-- Ids of images, a JSON array.
ALTER TABLE queued_prompt ADD COLUMN images TEXT;

-- Images are files, images/<id> in the data folder; `id` is the SHA-256 of the bytes.
CREATE TABLE image (
    id TEXT PRIMARY KEY CHECK (length(id) = 64),
    type TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Which messages name which images: one that none names, and no queued prompt, is deleted in time.
CREATE TABLE image_use (
    image TEXT NOT NULL REFERENCES image (id),
    message INTEGER NOT NULL REFERENCES message (n) ON DELETE CASCADE,
    PRIMARY KEY (image, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX image_use_message ON image_use (message);

-- What each turn used; a row stays when its session is deleted. -1: the agent did not tell.
CREATE TABLE turn_usage (
    n INTEGER PRIMARY KEY,
    turn_id TEXT NOT NULL UNIQUE,
    session_id TEXT NOT NULL,
    project_id TEXT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    agent TEXT NOT NULL,
    model TEXT,
    started_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cache_read_tokens INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    cost_microusd INTEGER NOT NULL
) STRICT;
CREATE INDEX turn_usage_session ON turn_usage (session_id);
CREATE INDEX turn_usage_project ON turn_usage (project_id);
