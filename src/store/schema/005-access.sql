-- What a person sees of the secrets that let somebody in and can be taken away: sign-ins of browsers
-- ('login') and tokens for programs ('token'). `id` is what requests call it; other kinds have none.
ALTER TABLE secret ADD COLUMN id TEXT;
ALTER TABLE secret ADD COLUMN name TEXT;
ALTER TABLE secret ADD COLUMN last_used_at INTEGER NOT NULL DEFAULT 0;
UPDATE secret SET id = lower(hex(randomblob(16))), name = 'A browser' WHERE kind = 'login';
CREATE UNIQUE INDEX secret_id ON secret (id) WHERE id IS NOT NULL;
