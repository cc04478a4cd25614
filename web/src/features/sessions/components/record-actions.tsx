import { ClipboardType, Copy, Link, ScrollText, SquareTerminal } from 'lucide-react';
import { type ComponentProps, type ReactElement, Suspense, useState } from 'react';
import { Menu, MenuItem, MenuLabel } from '@/components/ui/menu';
import { copyText } from '@/lib/clipboard';
import { notify } from '@/lib/notify';
import { lazyPart } from '@/lib/part';
import type { MessageResponse } from '@/shared/websocket';
import { stripAnsi } from '../ansi';
import { messageMarkdown } from '../markdown-export';
import { linkTo } from '../permalink';
import { toolCall } from '../tool';
import { commandIn } from '../tool-input';

const RawLines = lazyPart(() => import('./raw-lines'));
const icon = 'size-3.5 shrink-0';

interface Props {
  message: MessageResponse;
  agent: string;
  trigger: ReactElement<ComponentProps<'button'>>;
}

export default function RecordActions({ message, agent, trigger }: Props) {
  const [raw, setRaw] = useState(false);
  const { id, kind, metadata, created_at } = message;
  const shell = agent === 'shell';
  const command = kind === 'tool' ? commandIn(metadata?.input) : null;
  const output = kind === 'tool' ? stripAnsi(toolCall(message).output) : '';
  // What a person wrote, and what the shell printed, has no lines of a protocol behind it.
  const hasLines = kind !== 'user' && !shell;
  return (
    <>
      <Menu trigger={trigger} defaultOpen>
        <MenuLabel>
          <time dateTime={created_at}>{new Date(created_at).toLocaleString()}</time>
        </MenuLabel>
        <MenuItem
          icon={<ClipboardType className={icon} />}
          onSelect={() => void copy('The record', messageMarkdown(message, shell))}
        >
          Copy as Markdown
        </MenuItem>
        {command !== null && (
          <MenuItem
            icon={<SquareTerminal className={icon} />}
            onSelect={() => void copy('The command', command)}
          >
            Copy command
          </MenuItem>
        )}
        {output !== '' && (
          <MenuItem
            icon={<Copy className={icon} />}
            onSelect={() => void copy('The output', output)}
          >
            Copy output
          </MenuItem>
        )}
        <MenuItem
          icon={<Link className={icon} />}
          onSelect={() => void copy('The link', linkTo(location, id))}
        >
          Copy link
        </MenuItem>
        {hasLines && (
          <MenuItem icon={<ScrollText className={icon} />} onSelect={() => setRaw(true)}>
            Show the agent’s own lines
          </MenuItem>
        )}
      </Menu>
      {raw && (
        <Suspense fallback={null}>
          <RawLines id={id} onClose={() => setRaw(false)} />
        </Suspense>
      )}
    </>
  );
}

async function copy(what: string, text: string): Promise<void> {
  if (await copyText(text)) notify.info(`${what} was copied.`);
  else notify.error(`${what} was not copied: the browser does not allow it here.`);
}
