// @vitest-environment node
import { describe, expect, it } from 'vitest';
import {
  emptyView,
  mergeSessionRows,
  patchSessionRow,
  type ProjectsView,
} from '@/shared/rows/view';
import type { ProjectEvent, ProjectListResponse, ProjectsSync } from '@/shared/websocket';
import { project, session, withSessions } from '@/test/rows';
import { applyProjectEvent, applyProjectList, applyProjectsSync } from './channel';

const base = (): ProjectsView => ({
  ...emptyView,
  epoch: 'e',
  rev: 10,
  projects: [
    withSessions(
      { id: 'p1' },
      session({ id: 's1', rev: 5, error_message: 'old' }),
      session({ id: 's2', rev: 6 }),
    ),
    withSessions({ id: 'p2', rev: 3 }, session({ id: 's3', project_id: 'p2', rev: 7 })),
  ],
});

const updated = (fields: object): ProjectEvent => ({
  type: 'session_updated',
  data: { sessionId: 's1', rev: 11, prev: 10, ...fields },
});

const row = (view: ProjectsView, id: string) =>
  view.projects?.flatMap((one) => one.sessions).find((one) => one.id === id);

describe('pushes', () => {
  it('changes the row that the event names, and no other object', () => {
    const before = base();
    const after = applyProjectEvent(before, updated({ state: 'working' }));
    expect(row(after, 's1')).toMatchObject({ state: 'working', error_message: 'old', rev: 11 });
    expect(after.rev).toBe(11);
    expect(row(after, 's2')).toBe(row(before, 's2'));
    expect(after.projects?.[1]).toBe(before.projects?.[1]);
  });

  it('lets a null that is present win', () => {
    const after = applyProjectEvent(base(), updated({ error_message: null }));
    expect(row(after, 's1')?.error_message).toBeNull();
  });

  it.each<[string, ProjectEvent]>([
    ['a duplicate', updated({ rev: 10, prev: 9, state: 'working' })],
    ['a head that is known', { type: 'head', data: { rev: 10 } }],
    ['a sync that says current', { type: 'sync', data: { mode: 'current', epoch: 'e', rev: 10 } }],
  ])('returns the same rows for %s', (_name, event) => {
    const before = base();
    expect(applyProjectEvent(before, event).projects).toBe(before.projects);
    expect(applyProjectEvent(before, event).gap).toBe(false);
  });

  it('keeps the list as it is when the session is unknown, and moves on', () => {
    const before = base();
    const after = applyProjectEvent(before, updated({ sessionId: 'unknown', state: 'error' }));
    expect(after.projects).toBe(before.projects);
    expect(after).toMatchObject({ rev: 11, gap: false });
  });

  it('moves only the topic on when the row is newer already', () => {
    const before = mergeSessionRows(base(), [session({ id: 's1', rev: 12, name: 'newer' })]);
    const after = applyProjectEvent(before, updated({ name: 'older' }));
    expect(row(after, 's1')?.name).toBe('newer');
    expect(after.rev).toBe(11);
  });

  it.each<[string, ProjectEvent]>([
    ['a push after one that is missing', updated({ rev: 13, prev: 12, state: 'working' })],
    ['a head above what is known', { type: 'head', data: { rev: 11 } }],
  ])('asks, and applies nothing, for %s', (_name, event) => {
    const before = base();
    const after = applyProjectEvent(before, event);
    expect(after).toMatchObject({ gap: true, rev: 10 });
    expect(after.projects).toBe(before.projects);
    expect(applyProjectEvent(after, event)).toBe(after);
  });

  it('creates and deletes', () => {
    const created = applyProjectEvent(base(), {
      type: 'session_created',
      data: { rev: 11, prev: 10, session: session({ id: 's4', rev: 11 }) },
    });
    expect(row(created, 's4')?.rev).toBe(11);
    const deleted = applyProjectEvent(created, {
      type: 'project_deleted',
      data: { rev: 12, prev: 11, projectId: 'p1' },
    });
    expect(deleted.projects?.map((one) => one.id)).toEqual(['p2']);
  });
});

describe('answers', () => {
  const gapped = (): ProjectsView => ({ ...base(), gap: true });
  const delta = (fields: object): ProjectsSync => ({
    ...{ mode: 'delta', epoch: 'e', rev: 20, projects: [], sessions: [] },
    ...{ removed: { projects: [], sessions: [] } },
    ...fields,
  });

  it('merges a delta row by row, removes what is gone, and closes the gap', () => {
    const sync = delta({
      sessions: [
        session({ id: 's1', rev: 18, name: 'new' }),
        session({ id: 's2', rev: 2, name: 'stale' }),
      ],
      removed: { projects: ['p2'], sessions: [] },
    });
    const after = applyProjectsSync(gapped(), sync, true);
    expect(after).toMatchObject({ rev: 20, gap: false });
    expect([row(after, 's1')?.name, row(after, 's2')?.name, row(after, 's3')]).toEqual([
      'new',
      'Session',
      undefined,
    ]);
  });

  it.each<[string, object, object]>([
    ['it begins at what is known', { since: 10 }, { rev: 20, gap: false }],
    ['it begins after that', { since: 11 }, { rev: 10, gap: true }],
    ['it does not say where it begins', {}, { rev: 10, gap: true }],
  ])(
    'takes the rows of a pushed delta, and its rev only if complete: %s',
    (_name, from, result) => {
      const sync = delta({ sessions: [session({ id: 's1', rev: 18, name: 'new' })], ...from });
      for (const view of [base(), gapped()]) {
        const after = applyProjectsSync(view, sync, false);
        expect(row(after, 's1')?.name).toBe('new');
        expect(after).toMatchObject(result);
      }
    },
  );

  it.each(['epoch_changed', 'ahead'] as const)(
    'replaces everything by a snapshot: %s',
    (reason) => {
      const epoch = reason === 'ahead' ? 'e' : 'f';
      const projects = [
        withSessions({ id: 'p1', rev: 1 }, session({ id: 's1', rev: 1, name: 'restored' })),
      ];
      const after = applyProjectsSync(
        base(),
        { mode: 'snapshot', reason, epoch, rev: 2, projects },
        true,
      );
      expect(after).toMatchObject({ epoch, rev: 2, projects });
    },
  );

  it('does not take a delta of another history', () => {
    expect(applyProjectsSync(base(), delta({ epoch: 'f' }), true)).toMatchObject({
      rev: 10,
      gap: true,
    });
  });
});

describe('GET /api/projects', () => {
  const list = (rev: number, ...projects: ProjectListResponse['projects']) => ({
    epoch: 'e',
    rev,
    projects,
  });
  const slow = list(
    8,
    withSessions(
      { id: 'p1' },
      session({ id: 's1', rev: 4, name: 'stale' }),
      session({ id: 'gone', rev: 2 }),
    ),
    withSessions({ id: 'p2', rev: 3 }, session({ id: 's3', project_id: 'p2', rev: 7 })),
  );

  it('never undoes a push, nor a deletion', () => {
    const before = base();
    const after = applyProjectList(before, slow);
    expect(row(after, 's1')?.name).toBe('Session');
    expect(row(after, 'gone')).toBeUndefined();
    expect(row(after, 's2')).toBeUndefined(); // at rev 8 it was not there, and its rev is 6
    expect(after.rev).toBe(10);
  });

  it('returns the same rows when nothing in it is newer', () => {
    const before = base();
    const same = list(10, ...(before.projects ?? []));
    expect(applyProjectList(before, same).projects).toBe(before.projects);
  });

  it('heals what was missed when it is newer', () => {
    const rows = [withSessions({ id: 'p1' }, session({ id: 's1', rev: 14, name: 'healed' }))];
    const after = applyProjectList(base(), list(15, ...rows));
    expect(after.projects?.map((one) => one.id)).toEqual(['p1']);
    expect(row(after, 's1')?.name).toBe('healed');
    expect(after.rev).toBe(15);
  });

  it('is not believed when it speaks of another history than the socket', () => {
    const before = base();
    expect(applyProjectList(before, { ...slow, epoch: 'f' })).toBe(before);
  });
});

describe('rows that come by themselves', () => {
  it('does not bring back a row that was deleted', () => {
    const event: ProjectEvent = {
      type: 'session_deleted',
      data: { sessionId: 's1', rev: 11, prev: 10 },
    };
    const deleted = applyProjectEvent(base(), event);
    expect(mergeSessionRows(deleted, [session({ id: 's1', rev: 5 })])).toBe(deleted);
  });

  it("takes a session's own push only where the row is as new as the push before it", () => {
    const push = { sessionId: 's1', rev: 12, prev: 11, name: 'x' };
    const behind = base();
    expect(patchSessionRow(behind, push)).toBe(behind);
    expect(row(patchSessionRow(behind, { ...push, prev: 5 }), 's1')?.name).toBe('x');
  });

  it('has nothing to say before the first list', () => {
    expect(applyProjectEvent(emptyView, updated({})).gap).toBe(true);
    expect(applyProjectList(emptyView, { epoch: 'e', rev: 1, projects: [] }).projects).toEqual([]);
    expect(mergeSessionRows(emptyView, [session()])).toBe(emptyView);
    expect(project().rev).toBe(1);
  });
});
