import type { EventBus } from './event-bus';
import { Channels, type ProjectCalls, type SessionCalls } from './generated';

/** The calls of the protocol, typed: what is asked decides what is answered. */
export function callProjects<K extends keyof ProjectCalls & string>(
  bus: EventBus,
  event: K,
  request: ProjectCalls[K]['request'],
): Promise<ProjectCalls[K]['reply']> {
  return bus.call(Channels.projects(), event, request) as Promise<ProjectCalls[K]['reply']>;
}

export function callSession<K extends keyof SessionCalls & string>(
  bus: EventBus,
  sessionId: string,
  event: K,
  request: SessionCalls[K]['request'],
): Promise<SessionCalls[K]['reply']> {
  return bus.call(Channels.session(sessionId), event, request) as Promise<SessionCalls[K]['reply']>;
}
