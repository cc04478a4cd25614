import { describe, expect, it } from 'vitest';
import type { ProjectWithSessions, SessionResponse } from '@/shared/websocket';
import { KEPT_ROWS, knownOf, readKnown } from './last-known';

const session = (id: number, more: Partial<SessionResponse> = {}) =>
  ({
    id: String(id),
    name: `Session ${id}`,
    state: 'idle',
    waiting_for: null,
    archived_at: null,
    position: id,
    updated_at: new Date(id * 1000).toISOString(),
    ...more,
  }) as SessionResponse;
const project = (sessions: SessionResponse[], archived_at: string | null = null) =>
  ({ id: 'p', name: 'Project', archived_at, sessions }) as ProjectWithSessions;

describe('what is kept of the list', () => {
  it('is names and states, in order, without what is archived', () => {
    const known = knownOf(
      [
        project([
          session(1, { state: 'working' }),
          session(2, { state: 'working', waiting_for: 'permission' }),
          session(3, { archived_at: 'x' }),
        ]),
        project([session(4)], 'x'),
      ],
      7,
    );
    expect(known).toEqual({
      at: 7,
      projects: [
        {
          id: 'p',
          name: 'Project',
          sessions: [
            { id: '2', name: 'Session 2', state: 'waiting' },
            { id: '1', name: 'Session 1', state: 'working' },
          ],
        },
      ],
    });
    expect(readKnown(structuredClone(known))).toEqual(known);
  });

  it('is bounded: the newest changed', () => {
    const many = Array.from({ length: KEPT_ROWS + 5 }, (_, n) => session(n));
    const [only] = knownOf([project(many)], 0).projects;
    expect(only?.sessions).toHaveLength(KEPT_ROWS);
    expect(only?.sessions.at(-1)?.id).toBe('5');
  });

  it('is nothing where it is not understood', () => {
    expect(readKnown(null)).toBeNull();
    expect(readKnown({ projects: [] })).toBeNull();
    expect(readKnown({ at: 1, projects: [{ sessions: [{ state: 'odd' }] }] })?.projects[0]).toEqual(
      {
        id: '',
        name: '',
        sessions: [{ id: '', name: '', state: 'idle' }],
      },
    );
  });
});
