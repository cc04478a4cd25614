import { createContext, type ReactNode } from 'react';

/** What app/ adds to every session's menu from features that sessions do not know. */
export const SessionMenuExtra = createContext<(sessionId: string) => ReactNode>(() => null);
