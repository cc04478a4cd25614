-- Where rows stand: sessions within their project, the highest first; projects, the lowest first.
-- The first position is the time of making in ms, times 1024; where that is not above the one
-- before (equal times), it is the next number.
ALTER TABLE session ADD COLUMN position INTEGER NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN pinned_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE project ADD COLUMN position INTEGER NOT NULL DEFAULT 0;
ALTER TABLE project ADD COLUMN pinned_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE project ADD COLUMN archived_at INTEGER NOT NULL DEFAULT 0;

UPDATE session SET position = places.position FROM (
    SELECT n, i + max(made - i) OVER (PARTITION BY project_id ORDER BY i) AS position FROM (
        SELECT n, project_id, created_at * 1024 AS made,
            row_number() OVER (PARTITION BY project_id ORDER BY created_at, n) AS i
        FROM session)
) AS places WHERE session.n = places.n;
UPDATE project SET position = places.position FROM (
    SELECT n, i + max(made - i) OVER (ORDER BY i) AS position FROM (
        SELECT n, created_at * 1024 AS made, row_number() OVER (ORDER BY created_at, n) AS i
        FROM project)
) AS places WHERE project.n = places.n;

-- It has the sessions of a project, as the former one had, and in their order.
DROP INDEX session_project;
CREATE INDEX session_place ON session (project_id, position);
CREATE INDEX project_place ON project (position);
