import type { ProjectWithSessions } from '@/shared/websocket';
import { session, withSessions } from '@/test/rows';

const PER_PROJECT = 100;

/** So many sessions, a hundred to a project; the first of each stands on top. */
export function makeRows(sessions: number): ProjectWithSessions[] {
  return Array.from({ length: Math.ceil(sessions / PER_PROJECT) }, (_, p) =>
    withSessions(
      { id: `p${p}`, name: `project ${p}`, path: `/home/you/project-${p}`, position: p },
      ...Array.from({ length: Math.min(PER_PROJECT, sessions - p * PER_PROJECT) }, (_, s) =>
        session({
          id: `p${p}s${s}`,
          project_id: `p${p}`,
          name: `Session ${s} of project ${p}`,
          position: -s,
          metadata: { model: 'a-model', commands: [{ name: 'compact', description: 'shorter' }] },
        }),
      ),
    ),
  );
}
