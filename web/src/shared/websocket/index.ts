import { EventBus } from './event-bus';
import { createSocket } from './phoenix';

export * from './generated';
export { callProjects, callSession } from './calls';
export { EventBus } from './event-bus';
export { CallError } from './phoenix';
export { SyncLoop } from './sync-loop';
export type { ConnectionState } from './status';
export type { BusEvent, TopicOwner } from './topic';

/** The page's one connection. */
export const eventBus = new EventBus(createSocket);

if (import.meta.hot) import.meta.hot.dispose(() => eventBus.disconnect());
