import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { MemoryRouter } from 'react-router';
import { makeQueryClient } from '@/app/providers';
import { Announcer } from '@/app/announcer';
import { AttentionHere, AttentionHintHere } from '@/app/attention-here';
import { Sidebar } from '@/app/sidebar/sidebar';
import { TooltipProvider } from '@/components/ui/tooltip';
import { watchProjects } from '@/features/projects/watch-projects';
import { projectKeys } from '@/shared/rows/keys';
import { readView, updateView } from '@/shared/rows/store';
import { Channels, EventBus } from '@/shared/websocket';
import { FakeServer } from '@/test/fake-server';
import './page.css';
import { makeRows } from './rows';
import { PlainList, watchAsSpecified } from './specification';

const asked = new URLSearchParams(location.search);
const variant = asked.get('variant') ?? 'muster';
const rows = makeRows(Number(asked.get('sessions') ?? 1000));

const client = variant === 'muster' ? makeQueryClient() : new QueryClient();
if (variant === 'muster') {
  updateView(client, (view) => ({ ...view, projects: rows, epoch: 'e', rev: 1 }));
} else {
  client.setQueryDefaults(projectKeys.withSessions(), { staleTime: Infinity });
  client.setQueryData(projectKeys.withSessions(), rows);
}

const server = new FakeServer(() => ({ mode: 'current', epoch: 'e', rev: 1 }));
const bus = new EventBus(server.makeSocket);
if (variant === 'muster') watchProjects(client, bus);
else watchAsSpecified(client, bus);

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(
  <QueryClientProvider client={client}>
    <MemoryRouter initialEntries={['/projects/p0']}>
      <TooltipProvider>
        <div className="h-full w-72 bg-side">
          {variant === 'plain' ? (
            <PlainList />
          ) : (
            <Sidebar
              unverified={false}
              withNewButton
              onAddProject={() => undefined}
              onNewSession={() => undefined}
            />
          )}
        </div>
        <AttentionHintHere />
        <Announcer />
        <AttentionHere />
      </TooltipProvider>
    </MemoryRouter>
  </QueryClientProvider>,
);

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
let rev = 1;

/** The same marks around a frame in which nothing happens: what the measuring itself costs. */
async function empty(at: number): Promise<void> {
  await anyMoment();
  performance.mark(`from ${at} empty`);
  await new Promise<void>((resolve) => {
    requestAnimationFrame(() => afterPaint(resolve));
  });
  performance.mark(`to ${at} empty`);
}

/** The same marks around the smallest change that one can see: a letter, with no code around it. */
async function letter(at: number): Promise<void> {
  const text = document.querySelector('[data-testid="session-row"] .truncate')?.firstChild;
  if (!(text instanceof Text)) throw new Error('there is no name');
  await anyMoment();
  performance.mark(`from ${at} letter`);
  text.replaceData(0, 1, at % 2 === 0 ? 'a' : 'b');
  await new Promise<void>((resolve) => {
    requestAnimationFrame(() => afterPaint(resolve));
  });
  performance.mark(`to ${at} letter`);
}

/** At any moment of a frame. */
const anyMoment = () => sleep(30 + Math.random() * 17);

/** One change of one row that is on the screen: how many frames and ms until its badge is painted. */
async function change(at: number): Promise<{ frames: number; ms: number }> {
  const all = document.querySelectorAll<HTMLElement>('[data-testid="session-row"]');
  const row = all[at % Math.min(all.length, 15)];
  if (!row) throw new Error('there is no row');
  const has = () => row.querySelector('[data-testid="session-state-badge"]') !== null;
  const before = has();
  await anyMoment();
  const prev = rev;
  rev += 1;
  performance.mark(`from ${at}`);
  const from = performance.now();
  const state = before ? 'idle' : 'working';
  server.push(Channels.projects(), 'session_updated', {
    ...{ sessionId: row.dataset.sessionId, rev, prev, state },
    updated_at: new Date().toISOString(),
  });
  const frames = await new Promise<number>((resolve) => {
    let count = 0;
    const look = () => {
      count += 1;
      if (has() === before) requestAnimationFrame(look);
      else afterPaint(() => resolve(count));
    };
    requestAnimationFrame(look);
  });
  const ms = performance.now() - from;
  performance.mark(`to ${at}`);
  return { frames, ms };
}

function afterPaint(done: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = done;
  port2.postMessage(null);
}

const isReady = () =>
  bus.isJoined(Channels.projects()) &&
  document.querySelector('[data-testid="session-row"]') !== null;

Object.assign(window, { bench: { change, empty, letter, isReady, sessions: () => count() } });

function count(): number {
  return (readView(client).projects ?? []).reduce((sum, one) => sum + one.sessions.length, 0);
}
