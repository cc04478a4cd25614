-- What an agent waits for: a row while it waits, none afterwards. `id` is the agent's name of the
-- request, `tool_id` its name of the tool call, `input`, `suggestions` and `questions` its own JSON.
-- A session has rows here exactly while its `waiting_for` is set.
CREATE TABLE permission (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    session_id TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('permission', 'question')),
    tool TEXT NOT NULL,
    title TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    tool_id TEXT,
    suggestions TEXT,
    questions TEXT,
    input TEXT,
    UNIQUE (session_id, id)
) STRICT;

-- The queued prompt that goes next when the turn, which was interrupted for it, has ended.
ALTER TABLE session ADD COLUMN now_id TEXT;
