import { KeyRound, MonitorSmartphone } from 'lucide-react';
import { Button } from '@/components/ui/button';
import { relativeTime, useNow } from '@/lib/time';
import type { AccessResponse } from '@/shared/websocket';

interface Props {
  title: string;
  access: readonly AccessResponse[];
  onRevoke: (access: AccessResponse) => void;
}

export function AccessList({ title, access, onRevoke }: Props) {
  const now = useNow() + 30_000;
  return (
    <>
      <h3 className="mt-5 text-xs font-medium text-ink-3">{title}</h3>
      <ul aria-label={title} className="mt-1 divide-y divide-line border-y border-line">
        {access.map((each) => {
          const Icon = each.kind === 'token' ? KeyRound : MonitorSmartphone;
          return (
            <li key={each.id} data-testid="access" className="flex items-center gap-3 py-2 text-ui">
              <Icon aria-hidden className="size-4 shrink-0 text-ink-3" />
              <div className="min-w-0 grow">
                <p className="wrap-anywhere">
                  {each.name}
                  {each.current && <span className="ml-2 text-xs text-ok">this browser</span>}
                </p>
                <p className="text-xs text-ink-3">{timesOf(each, now)}</p>
              </div>
              {!each.current && (
                <Button size="sm" look="ghost" onClick={() => onRevoke(each)}>
                  Revoke<span className="sr-only"> {each.name}</span>
                </Button>
              )}
            </li>
          );
        })}
        {access.length === 0 && <li className="py-2 text-ui text-ink-3">None</li>}
      </ul>
    </>
  );
}

function timesOf({ created_at, last_used_at, expires_at }: AccessResponse, now: number): string {
  const parts = [
    `Since ${new Date(created_at).toLocaleDateString()}`,
    last_used_at ? `last used ${ago(last_used_at, now)}` : 'not used yet',
  ];
  if (expires_at) parts.push(`until ${new Date(expires_at).toLocaleDateString()}`);
  return parts.join(', ');
}

function ago(iso: string, now: number): string {
  const text = relativeTime(iso, now);
  if (text === 'now') return 'just now';
  return /^\d+[mhd]$/.test(text) ? `${text} ago` : `on ${text}`;
}
