import { act, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventBus } from '@/shared/websocket';
import { ConnectionBanner } from './components/connection-banner';
import { probe } from './probe';

describe('the banner', () => {
  beforeEach(() => vi.useFakeTimers({ now: new Date(2026, 0, 1, 12, 31, 5) }));
  afterEach(() => vi.useRealTimers());

  it('says since when, after half a second, until it is verified again', () => {
    render(<ConnectionBanner onSignedOut={vi.fn()} />);
    act(() => eventBus.status.lost('projects', Date.now()));
    act(() => void vi.advanceTimersByTime(400));
    expect(screen.queryByTestId('connection-banner')).not.toBeInTheDocument();
    act(() => void vi.advanceTimersByTime(200));
    expect(screen.getByRole('status')).toHaveTextContent('Disconnected since 12:31:05');
    expect(screen.getByRole('status')).toHaveTextContent('what you see is unverified');
    act(() => eventBus.status.verified('projects'));
    expect(screen.queryByTestId('connection-banner')).not.toBeInTheDocument();
  });

  it('stays away for a blink', () => {
    render(<ConnectionBanner onSignedOut={vi.fn()} />);
    act(() => eventBus.status.lost('projects', Date.now()));
    act(() => void vi.advanceTimersByTime(300));
    act(() => eventBus.status.verified('projects'));
    act(() => void vi.advanceTimersByTime(1_000));
    expect(screen.queryByTestId('connection-banner')).not.toBeInTheDocument();
  });
});

describe('why the socket does not open', () => {
  const refuse = { error: { code: 'UNAUTHORIZED', message: 'Not signed in.' } };
  const answers = (healthz: () => Response, agents: () => Response) =>
    vi.stubGlobal(
      'fetch',
      vi.fn(async (url: string) => (url === '/healthz' ? healthz() : agents())),
    );
  const ok = () => Response.json({ agents: [] });
  afterEach(() => vi.unstubAllGlobals());

  it.each([
    ['server-down', () => Response.error(), ok],
    ['signed-out', ok, () => Response.json(refuse, { status: 401 })],
    ['refused', ok, ok],
  ] as const)('%s', async (verdict, healthz, agents) => {
    answers(healthz, agents);
    await expect(probe()).resolves.toBe(verdict);
  });
});
