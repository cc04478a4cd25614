// @vitest-environment node
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { emptyView, type ProjectsView } from '@/shared/rows/view';
import { actions, Model } from '@/test/projects-model';

const steps = fc.array(fc.tuple(fc.constantFrom(...actions), fc.nat(40)), {
  minLength: 5,
  maxLength: 120,
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
