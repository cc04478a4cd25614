import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { MemoryRouter } from 'react-router';
import { beforeEach, expect, it, vi } from 'vitest';
import { request } from '@/lib/api';
import type * as Api from '@/lib/api';
import { CallError, callProjects, eventBus, type SessionResponse } from '@/shared/websocket';
import type * as WebSocketModule from '@/shared/websocket';
import { session } from '@/test/rows';
import { drafts, projectDraft } from '../drafts';
import { agentKeys } from '../queries';
import { DraftSession } from './draft-session';

vi.mock('@/shared/websocket', async (load) => ({
  ...(await load<typeof WebSocketModule>()),
  callProjects: vi.fn(),
}));
vi.mock('@/lib/api', async (load) => ({ ...(await load<typeof Api>()), request: vi.fn() }));

const key = projectDraft('p1');
let answer: { made: (row: SessionResponse) => void; refused: (error: Error) => void };

/** A first message is on its way to a session that is not there yet, and its sender has gone elsewhere. */
async function sendAndLeave() {
  const client = new QueryClient();
  const shell = { id: 'shell', name: 'Shell', dialect: 'shell', available: true };
  client.setQueryData(agentKeys.all, [shell]);
  const { unmount } = render(
    <QueryClientProvider client={client}>
      <MemoryRouter>
        <DraftSession projectId="p1" />
      </MemoryRouter>
    </QueryClientProvider>,
  );
  await userEvent.type(screen.getByTestId('chat-input'), 'make test{Enter}');
  await waitFor(() => expect(callProjects).toHaveBeenCalledOnce());
  unmount();
}

beforeEach(() => {
  act(() => drafts.clear(key));
  vi.spyOn(eventBus, 'isJoined').mockReturnValue(false).mockReturnValueOnce(true);
  vi.mocked(request).mockReset().mockResolvedValue({});
  vi.mocked(callProjects)
    .mockReset()
    .mockReturnValue(
      new Promise((made, refused) => (answer = { made: made as typeof answer.made, refused })),
    );
});

it('sends the first message though one has gone elsewhere before its session was made', async () => {
  await sendAndLeave();
  answer.made(session({ id: 's9' }));
  await waitFor(() => expect(request).toHaveBeenCalledOnce());
  const [route, options] = vi.mocked(request).mock.calls[0] ?? [];
  expect(route).toBe('send_message');
  expect(options).toMatchObject({ id: 's9', body: { text: 'make test' } });
  expect(drafts.get(key).text).toBe('');
});

it('keeps the message, with the reason, where no session was made', async () => {
  await sendAndLeave();
  answer.refused(new CallError('LIMIT', 'There are too many sessions.'));
  await waitFor(() => expect(drafts.get(key).problem).toBe('There are too many sessions.'));
  expect(drafts.get(key).text).toBe('make test');
  expect(request).not.toHaveBeenCalled();
});
