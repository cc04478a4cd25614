import type { QueryClient } from '@tanstack/react-query';
import { readView, updateView } from '@/shared/rows/store';
import type { ProjectsView } from '@/shared/rows/view';
import {
  callProjects,
  Channels,
  type EventBus,
  type JoinParams,
  type ProjectEvent,
  type ProjectsSync,
  SyncLoop,
} from '@/shared/websocket';
import { applyProjectEvent, applyProjectsSync } from './channel';

/** Keeps the list in the cache current by topic `projects`, until the function it returns is called. */
export function watchProjects(client: QueryClient, bus: EventBus): () => void {
  const channel = Channels.projects();
  const params = (): JoinParams => {
    const { projects, epoch, rev } = readView(client);
    return { since: projects && epoch !== null ? { epoch, rev } : null };
  };
  const loop: SyncLoop<ProjectsSync> = new SyncLoop({
    bus,
    channel,
    ask: () => callProjects(bus, 'sync', params()),
    onAnswer: (reply) => take((view) => applyProjectsSync(view, reply, true)),
  });
  const take = (change: (view: ProjectsView) => ProjectsView) => {
    if (updateView(client, change).gap) loop.request();
    else loop.verified();
  };
  const stopListening = bus.on<ProjectEvent>(channel, (event) =>
    take((view) => applyProjectEvent(view, event)),
  );
  const leave = bus.join(channel, {
    joinParams: params,
    onJoined: (reply) => take((view) => applyProjectsSync(view, reply as ProjectsSync, true)),
    onLost: () => loop.lost(),
    onSilent: () => loop.request(),
  });
  if (!bus.isJoined(channel)) loop.lost();
  bus.connect();
  return () => {
    loop.stop();
    stopListening();
    leave();
  };
}
