import { describe, expect, it } from 'vitest';
import type { ProjectWithSessions, SessionResponse } from '@/shared/websocket';
import { neighbour, nextNeedy, sessionsInOrder } from './session-order';

const session = (id: string, more: Partial<SessionResponse> = {}) =>
  ({
    id,
    state: 'idle',
    waiting_for: null,
    position: 0,
    pinned_at: null,
    archived_at: null,
    created_at: '2026-01-01T00:00:00Z',
    ...more,
  }) as SessionResponse;
const project = (sessions: SessionResponse[], archived_at: string | null = null) =>
  ({ sessions, archived_at }) as ProjectWithSessions;

describe('the order of sessions', () => {
  it('is that of the sidebar: pinned ones first, then by place; archived ones are not there', () => {
    const rows = [
      project([session('a', { position: 1 }), session('b', { position: 2 })]),
      project([session('c', { pinned_at: 'x' }), session('d', { archived_at: 'x' })]),
      project([session('e')], 'x'),
    ];
    expect(sessionsInOrder(rows).map(({ id }) => id)).toEqual(['c', 'b', 'a']);
  });

  it('goes round the end in both directions', () => {
    const all = [session('a'), session('b'), session('c')];
    expect(neighbour(all, 'c', 1)?.id).toBe('a');
    expect(neighbour(all, 'a', -1)?.id).toBe('c');
    expect(neighbour(all, undefined, 1)?.id).toBe('a');
    expect(neighbour(all, undefined, -1)?.id).toBe('c');
    expect(neighbour([], 'a', 1)).toBeUndefined();
  });
});

describe('the next that needs somebody', () => {
  const all = [
    session('a', { waiting_for: 'question' }),
    session('b', { state: 'error' }),
    session('c'),
    session('d', { waiting_for: 'permission' }),
  ];

  it('is the next that waits, round the end', () => {
    expect(nextNeedy(all, 'a')?.id).toBe('d');
    expect(nextNeedy(all, 'd')?.id).toBe('a');
    expect(nextNeedy(all, undefined)?.id).toBe('a');
  });

  it('is one that failed where none waits, and none where all is well', () => {
    expect(nextNeedy(all.slice(1, 3), 'c')?.id).toBe('b');
    expect(nextNeedy([session('a', { waiting_for: 'question' })], 'a')).toBeUndefined();
  });
});
