import { QueryClientProvider } from '@tanstack/react-query';
import { act, render, screen } from '@testing-library/react';
import { Profiler } from 'react';
import { MemoryRouter } from 'react-router';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { makeQueryClient } from '@/app/providers';
import { TooltipProvider } from '@/components/ui/tooltip';
import { applyProjectEvent } from '@/features/projects/channel';
import type * as ProjectMenuModule from '@/features/projects/components/project-menu';
import type * as StateBadgeModule from '@/features/sessions/components/state-badge';
import { updateView } from '@/shared/rows/store';
import type { ProjectEvent, SessionUpdatedData } from '@/shared/websocket';
import { session, withSessions } from '@/test/rows';
import { Sidebar } from './sidebar';
import { listView } from './view-state';

vi.setConfig({ testTimeout: 30_000 });

const rendered: string[] = [];

// React itself tells which rows rendered: what is in every row is asked, since that renders with it.
vi.mock('@/features/sessions/components/state-badge', async (load) => {
  const { StateBadge } = await load<typeof StateBadgeModule>();
  return {
    StateBadge: (props: Parameters<typeof StateBadge>[0]) => (
      <Profiler id={props.session.id} onRender={(id) => rendered.push(id)}>
        <StateBadge {...props} />
      </Profiler>
    ),
  };
});
vi.mock('@/features/projects/components/project-menu', async (load) => {
  const { ProjectMenu } = await load<typeof ProjectMenuModule>();
  return {
    ProjectMenu: (props: Parameters<typeof ProjectMenu>[0]) => (
      <Profiler id={props.project.id} onRender={(id) => rendered.push(id)}>
        <ProjectMenu {...props} />
      </Profiler>
    ),
  };
});

const client = makeQueryClient();

/** 1,000 sessions in ten projects; the higher its number, the lower a session stands. */
function fill(): void {
  const projects = Array.from({ length: 10 }, (_, p) =>
    withSessions(
      { id: `p${p}`, name: `project ${p}`, position: p },
      ...Array.from({ length: 100 }, (_, s) =>
        session({ id: `p${p}s${s}`, project_id: `p${p}`, name: `name ${p}-${s}`, position: -s }),
      ),
    ),
  );
  updateView(client, (view) => ({ ...view, projects, epoch: 'e', rev: 1 }));
}

let rev = 1;
function take(id: string, fields: Partial<SessionUpdatedData>): void {
  const prev = rev;
  rev += 1;
  const data = { sessionId: id, rev, prev, ...fields } as SessionUpdatedData;
  const event: ProjectEvent = { type: 'session_updated', data };
  updateView(client, (view) => applyProjectEvent(view, event));
}

// What shows the list is told with the next frame.
const nextFrame = () => act(() => new Promise<number>(requestAnimationFrame));

async function push(id: string, fields: Partial<SessionUpdatedData>): Promise<void> {
  take(id, fields);
  await nextFrame();
}

beforeEach(() => {
  rev = 1;
  // jsdom lays nothing out: the list is told how much of it is seen.
  vi.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(600);
  vi.spyOn(Element.prototype, 'clientWidth', 'get').mockReturnValue(288);
  fill();
  render(
    <QueryClientProvider client={client}>
      <MemoryRouter initialEntries={['/projects/p0']}>
        <TooltipProvider>
          <Sidebar unverified={false} withNewButton onAddProject={vi.fn()} onNewSession={vi.fn()} />
        </TooltipProvider>
      </MemoryRouter>
    </QueryClientProvider>,
  );
  rendered.length = 0;
});
afterEach(() => {
  act(() => listView.clear());
  client.clear();
});

const names = () => screen.getAllByTestId('session-row').map((row) => row.dataset.sessionId);

it('has few rows of 1,000 in the page, in their order', () => {
  expect(names().length).toBeLessThan(60);
  expect(names().slice(0, 3)).toEqual(['p0s0', 'p0s1', 'p0s2']);
});

it('renders the changed row and no other, whatever of it changes', async () => {
  const order = names();
  await push('p0s3', { state: 'working' });
  expect(screen.getByTestId('session-state-badge')).toHaveTextContent('Processing');
  expect(rendered).toEqual(['p0s3']);
  await push('p0s3', { state: 'idle', last_seq: 4, updated_at: '2026-01-02T00:00:00.000Z' });
  await push('p0s5', { name: 'other' });
  expect(rendered).toEqual(['p0s3', 'p0s3', 'p0s5']);
  expect(names()).toEqual(order);
});

it('renders a row once a frame, however many of its changes come in it', async () => {
  for (const state of ['working', 'idle', 'working'] as const) take('p0s3', { state });
  take('p0s4', { state: 'working' });
  expect(rendered).toEqual([]);
  await nextFrame();
  expect(rendered).toEqual(['p0s3', 'p0s4']);
  expect(screen.getByTestId('filter-working')).toHaveTextContent('Working2');
});

it('renders no row when one that is not on the screen changes, but counts it', async () => {
  await push('p9s50', { state: 'working' });
  expect(rendered).toEqual([]);
  expect(screen.getByTestId('filter-working')).toHaveTextContent('Working1');
});

it('a closed project renders for what is inside it', async () => {
  act(() => listView.toggleCollapsed('p0'));
  rendered.length = 0;
  await push('p0s3', { waiting_for: 'question' });
  expect(rendered).toEqual(['p0']);
  expect(screen.getByTestId('project-summary')).toHaveTextContent('1 need you');
  act(() => listView.collapse([]));
});

it('shows under a filter what fits, as it comes and goes', async () => {
  await push('p4s7', { state: 'error', error_message: 'exit 3' });
  act(() => listView.toggleFilter('error'));
  expect(names()).toEqual(['p4s7']);
  await push('p8s1', { state: 'error', error_message: 'exit 4' });
  expect(names()).toEqual(['p4s7', 'p8s1']);
  await push('p4s7', { state: 'working' });
  expect(names()).toEqual(['p8s1']);
});
