import { useQueryClient } from '@tanstack/react-query';
import { Dialog } from '@/components/ui/dialog';
import { countOf, isRecord, textOf } from '@/lib/unknown';
import { readView } from '@/shared/rows/store';
import type { SessionResponse } from '@/shared/websocket';
import { useAgentName } from '../use-agent-name';
import { dollars, shortCount, sumUsed, type Used, usedOf, usedText } from '../usage';

interface Props {
  session: SessionResponse;
  onClose: () => void;
}

/** What else is known of a session: what it runs with, and what it used. */
export default function SessionDetails({ session, onClose }: Props) {
  const { metadata } = session;
  const agent = useAgentName(session.agent);
  const project = readView(useQueryClient()).projects?.find(({ id }) => id === session.project_id);
  const sum = sumUsed(project?.sessions ?? []);
  const last = usedOf(metadata?.usage);
  const total = usedOf(metadata?.usage_total);
  return (
    <Dialog open onOpenChange={onClose} title="Session details">
      <dl className="mt-3 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5 text-ui">
        <Fact name="Agent" value={agent} />
        <Fact name="Model" value={textOf(metadata?.model)} />
        <Fact name="Mode" value={textOf(metadata?.mode)} />
        <Fact name="Context" value={contextText(metadata?.context)} />
        <Fact name="Last turn" value={last ? usedText(last) : ''} />
        <Fact name="All turns" value={total ? totalText(total) : ''} />
        <Fact
          name="Project"
          value={sum ? `${usedText(sum, sum.costKnown)}, ${count(sum.sessions, 'session')}` : ''}
        />
        <Fact name="Agent’s id" value={session.cli_session_id ?? ''} mono />
        <Fact name="Session id" value={session.id} mono />
      </dl>
      {!total && (
        <p className="mt-3 text-xs text-ink-3">This agent has not told yet what its turns used.</p>
      )}
    </Dialog>
  );
}

function Fact({ name, value, mono = false }: { name: string; value: string; mono?: boolean }) {
  if (value === '') return null;
  return (
    <>
      <dt className="text-ink-3">{name}</dt>
      <dd className={`min-w-0 wrap-anywhere tabular-nums ${mono ? 'font-mono text-xs' : ''}`}>
        {value}
      </dd>
    </>
  );
}

function totalText(total: Used): string {
  const { turns, cached, cost } = total;
  const parts = [
    usedText(total),
    cached ? `${shortCount(cached)} of the input from a cache` : '',
    turns === null ? '' : count(turns, 'turn'),
    cost !== null && turns !== null && turns > 1 ? `${dollars(cost / turns)} a turn` : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}

function contextText(context: unknown): string {
  if (!isRecord(context)) return '';
  const [used, size] = [countOf(context.used), countOf(context.size)];
  if (used === null) return '';
  if (!size) return `${shortCount(used)} tokens`;
  return `${shortCount(used)} of ${shortCount(size)} tokens (${Math.round((100 * used) / size)} %)`;
}
