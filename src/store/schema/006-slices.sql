-- How many rows there are, so that nobody counts them.
ALTER TABLE meta ADD COLUMN projects INTEGER NOT NULL DEFAULT 0;
ALTER TABLE meta ADD COLUMN sessions INTEGER NOT NULL DEFAULT 0;
UPDATE meta SET projects = (SELECT count(*) FROM project), sessions = (SELECT count(*) FROM session);
CREATE TRIGGER project_made AFTER INSERT ON project
    BEGIN UPDATE meta SET projects = projects + 1; END;
CREATE TRIGGER project_gone AFTER DELETE ON project
    BEGIN UPDATE meta SET projects = projects - 1; END;
CREATE TRIGGER session_made AFTER INSERT ON session
    BEGIN UPDATE meta SET sessions = sessions + 1; END;
CREATE TRIGGER session_gone AFTER DELETE ON session
    BEGIN UPDATE meta SET sessions = sessions - 1; END;

-- A project's sessions by n, for slices.
CREATE INDEX session_project ON session (project_id);
-- What a start has to look after.
CREATE INDEX session_in_flight ON session (n) WHERE state = 'working' OR run_id IS NOT NULL;
