import type { SessionResponse } from '@/shared/websocket';

export interface Badge {
  kind: 'waiting' | 'error' | 'working';
  label: string;
  /** What else there is to say, in a tooltip. */
  reason: string;
}

type Facts = Pick<SessionResponse, 'state' | 'error_message' | 'waiting_for'>;

/** What blocks it comes before what failed, and that before what it is doing. Idle: no badge. */
export function badgeOf({ state, error_message, waiting_for }: Facts): Badge | null {
  if (waiting_for === 'permission') {
    return { kind: 'waiting', label: 'Needs you', reason: 'The agent asks for a permission.' };
  }
  if (waiting_for === 'question') {
    return { kind: 'waiting', label: 'Needs you', reason: 'The agent asks a question.' };
  }
  switch (state) {
    case 'error':
      return { kind: 'error', label: 'Error', reason: error_message ?? 'No reason was given.' };
    case 'working':
      return { kind: 'working', label: 'Processing', reason: 'The agent is working.' };
    case 'idle':
      return null;
    default: {
      const _exhaustive: never = state;
      return _exhaustive;
    }
  }
}

export function isUnread(session: Pick<SessionResponse, 'last_seq' | 'read_seq'>): boolean {
  return session.last_seq > session.read_seq;
}
