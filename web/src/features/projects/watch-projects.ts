import type { QueryClient } from '@tanstack/react-query';
import { readView, updateView } from '@/shared/rows/store';
import { currentOf, type ProjectsView } from '@/shared/rows/view';
import {
  callProjects,
  Channels,
  type EventBus,
  type JoinParams,
  type ProjectEvent,
  type ProjectsSync,
  SyncLoop,
} from '@/shared/websocket';
import { applyProjectEvent, applyProjectsSync, applySlice, giveUpSlices } from './channel';
import { SliceLoop } from './slice-loop';

/** Keeps the list in the cache current by topic `projects`, until the function it returns is called. */
export function watchProjects(client: QueryClient, bus: EventBus): () => void {
  const channel = Channels.projects();
  /** The next slice was refused: the list begins anew. */
  let anew = false;
  const params = (): JoinParams => {
    const { projects, epoch, rev } = currentOf(readView(client));
    return { since: projects && epoch !== null && !anew ? { epoch, rev } : null };
  };
  const loop: SyncLoop<ProjectsSync> = new SyncLoop({
    bus,
    channel,
    ask: () => callProjects(bus, 'sync', params()),
    onAnswer: (reply) => answered(reply),
  });
  const slices = new SliceLoop({
    bus,
    onSlices: () => take((view) => view),
    onRefused: () => {
      anew = true;
      take(giveUpSlices);
    },
  });
  const take = (change: (view: ProjectsView) => ProjectsView) => {
    const before = slices.drain();
    const all = (view: ProjectsView) =>
      before.reduce((next, one) => applySlice(next, ...one), view);
    const view = updateView(client, (view) => change(all(view)));
    const { gap, rest } = currentOf(view);
    if (gap) loop.request();
    else if (view.coming) loop.unverified();
    else loop.verified();
    if (rest && !anew) slices.request(rest.after);
    else slices.stop();
  };
  const answered = (reply: ProjectsSync) => {
    anew = false;
    take((view) => applyProjectsSync(view, reply, true));
  };
  const stopListening = bus.on<ProjectEvent>(channel, (event) =>
    take((view) => applyProjectEvent(view, event)),
  );
  const leave = bus.join(channel, {
    joinParams: params,
    onJoined: (reply) => answered(reply as ProjectsSync),
    onLost: () => {
      slices.stop();
      loop.lost();
    },
    onSilent: () => loop.request(),
  });
  if (!bus.isJoined(channel)) loop.lost();
  bus.connect();
  return () => {
    loop.stop();
    slices.stop();
    stopListening();
    leave();
  };
}
