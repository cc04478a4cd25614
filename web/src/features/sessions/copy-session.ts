import type { QueryClient } from '@tanstack/react-query';
import { copyText } from '@/lib/clipboard';
import { messageOf } from '@/lib/errors';
import { notify } from '@/lib/notify';
import type { SessionResponse } from '@/shared/websocket';
import { sessionMarkdown } from './markdown-export';
import { allMessages } from './older';

/** Copies a whole session as Markdown, also what is not loaded yet; says what was copied, or why not. */
export async function copySession(
  client: QueryClient,
  session: Pick<SessionResponse, 'id' | 'name' | 'agent'>,
  agent: string,
): Promise<void> {
  let said = '';
  const text = allMessages(client, session.id).then(({ messages, cut }) => {
    const count = messages.length.toLocaleString('en');
    said = cut
      ? `The newest ${count} messages were copied; older ones were left out.`
      : `The session was copied: ${count} ${messages.length === 1 ? 'message' : 'messages'}.`;
    return sessionMarkdown(messages, {
      ...{ session: session.name, agent, plain: session.agent === 'shell' },
    });
  });
  try {
    if (await copyText(text)) notify.info(said);
    else notify.error('The session was not copied: the browser did not allow it. Try again.');
  } catch (error) {
    notify.error(`The session was not copied. ${messageOf(error)}`);
  }
}
