// @vitest-environment node
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { shapeOf, shownProjects, shownSessions } from '@/shared/rows/order';
import { findProject, findSession, type Rows } from '@/shared/rows/rows';
import { emptyView, type ProjectsView } from '@/shared/rows/view';
import { actions, Model } from '@/test/projects-model';

const steps = fc.array(fc.tuple(fc.constantFrom(...actions), fc.nat(40)), {
  minLength: 5,
  maxLength: 120,
  size: 'max',
});

const sorted = (rows: ProjectsView['projects']) =>
  [...(rows ?? [])]
    .map((row) => ({ ...row, sessions: row.sessions.toSorted((a, b) => a.id.localeCompare(b.id)) }))
    .sort((a, b) => a.id.localeCompare(b.id));

const revs = (view: ProjectsView) =>
  new Map(
    (view.projects ?? []).flatMap((one) => [one, ...one.sessions]).map((row) => [row.id, row.rev]),
  );

it('ends with what the server has, in whatever order pushes, losses, deltas, snapshots and slow answers come', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const model = new Model();
      model.run('reconnect', 0);
      for (const [action, pick] of all) model.run(action, pick);
      model.settle();
      expect(sorted(model.view.projects)).toEqual(sorted(model.server.list().projects));
      expect(model.view.gap).toBe(false);
    }),
    { numRuns: 3000 },
  );
});

it('never puts an older row in the place of a newer one within one history', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const model = new Model();
      let before = emptyView;
      for (const [action, pick] of all) {
        if (action === 'restore' || action === 'rewind') continue;
        model.run(action, pick);
        const old = revs(before);
        for (const [id, rev] of revs(model.view))
          expect(rev).toBeGreaterThanOrEqual(old.get(id) ?? 0);
        before = model.view;
      }
    }),
    { numRuns: 1000 },
  );
});

it('finds every row where it stands, and keeps a shape only where nothing of it changed', () => {
  const order = (rows: Rows) =>
    shownProjects(rows).map((one) => [one.id, shownSessions(one).map((row) => row.id)]);
  const pinned = (rows: Rows) =>
    rows.flatMap((one) => one.sessions.filter((row) => row.pinned_at).map((row) => row.id));
  fc.assert(
    fc.property(steps, (all) => {
      const model = new Model();
      model.run('reconnect', 0);
      for (const [action, pick] of all) {
        model.run(action, pick);
        const rows = model.view.projects ?? [];
        for (const project of rows) {
          expect(findProject(rows, project.id)).toBe(project);
          for (const row of project.sessions) expect(findSession(rows, row.id)).toBe(row);
        }
        const gone = [...model.view.gone].filter((id) => findSession(rows, id));
        expect(gone).toEqual([]);
        expect(order(shapeOf(rows))).toEqual(order(rows));
        expect(pinned(shapeOf(rows))).toEqual(pinned(rows));
      }
    }),
    { numRuns: 500 },
  );
});
