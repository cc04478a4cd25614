// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { session, withSessions } from '@/test/rows';
import { moveProject, moveSession, stepProject, stepSession } from './move';
import { shownProjects, shownSessions } from './order';
import { applyPending } from './pending';
import { findProject, type Rows } from './rows';

const at = (id: string, position: number, fields = {}) => session({ id, position, ...fields });
const rows: Rows = [
  withSessions({ id: 'p1', position: 1 }, at('a', 30), at('b', 20), at('c', 10)),
  withSessions({ id: 'p2', position: 2 }, at('d', 5, { project_id: 'p2' })),
  withSessions({ id: 'p3', position: 3, pinned_at: '2026-01-01T00:00:00.000Z' }),
];
const order = (list: Rows, id: string) => {
  const found = findProject(list, id);
  return found ? shownSessions(found).map((row) => row.id) : [];
};
const moved = (id: string, projectId: string, after: string | null) => {
  const move = moveSession(rows, id, { projectId, after });
  return move && applyPending(rows, [{ session: id, fields: move.fields }]);
};

describe('a session is moved', () => {
  it.each([
    ['c', null, ['c', 'a', 'b']],
    ['c', 'a', ['a', 'c', 'b']],
    ['a', 'b', ['b', 'a', 'c']],
    ['a', 'c', ['b', 'c', 'a']],
  ])('%s below %s', (id, after, expected) => {
    expect(order(moved(id, 'p1', after) ?? rows, 'p1')).toEqual(expected);
  });

  it('to another project, and asks the server for that', () => {
    const next = moved('b', 'p2', 'd') ?? rows;
    expect([order(next, 'p1'), order(next, 'p2')]).toEqual([
      ['a', 'c'],
      ['d', 'b'],
    ]);
    const { body } = moveSession(rows, 'b', { projectId: 'p2', after: 'd' }) ?? {};
    expect(body).toEqual({ project_id: 'p2', after: 'd' });
  });

  it('not where it stands already, below itself, or nowhere', () => {
    expect(moved('b', 'p1', 'a')).toBeNull();
    expect(moved('a', 'p1', null)).toBeNull();
    expect(moved('b', 'p1', 'b')).toBeNull();
    expect(moved('b', 'p9', null)).toBeNull();
  });

  it('by one place, as far as there is one', () => {
    expect(stepSession(rows, 'a', -1)).toBeNull();
    expect(stepSession(rows, 'c', 1)).toBeNull();
    expect(stepSession(rows, 'b', -1)?.body).toEqual({ after: null });
    expect(stepSession(rows, 'a', 1)?.body).toEqual({ after: 'b' });
    expect(stepSession(rows, 'c', -1)?.body).toEqual({ after: 'a' });
  });
});

describe('a project is moved', () => {
  it('among those that are pinned as it is', () => {
    expect(shownProjects(rows).map((row) => row.id)).toEqual(['p3', 'p1', 'p2']);
    expect(stepProject(rows, 'p3', 1)).toBeNull();
    expect(stepProject(rows, 'p1', -1)).toBeNull();
    expect(moveProject(rows, 'p2', 'p3')).toBeNull();
    const up = stepProject(rows, 'p2', -1);
    expect(up?.body).toEqual({ after: null });
    const next = applyPending(rows, [{ project: 'p2', fields: up?.fields ?? {} }]);
    expect(shownProjects(next).map((row) => row.id)).toEqual(['p3', 'p2', 'p1']);
  });
});
