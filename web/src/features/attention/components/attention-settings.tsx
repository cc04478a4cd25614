import { Play } from 'lucide-react';
import { useId } from 'react';
import { Button, IconButton } from '@/components/ui/button';
import { type NewsKind, newsKinds } from '../news';
import { askPermission, showNotification, usePermission } from '../notifications';
import { problemTexts } from '../permission-texts';
import type { Channel } from '../settings';
import { attentionStore, useAttentionStore } from '../settings-store';
import { playTone } from '../tones';

const events: Record<NewsKind, [name: string, what: string]> = {
  needs_you: ['Needs you', 'asks for a permission, or a question'],
  failed: ['Failed', 'a turn ended with an error'],
  finished: ['Finished', 'a turn ended, and nothing waits in the queue'],
};

/** A section of the settings page: what this browser does when something happens elsewhere. */
export function AttentionSettings() {
  const id = useId();
  const permission = usePermission();
  return (
    <section aria-labelledby={id} data-testid="attention-settings">
      <h2 id={id} className="text-[0.9375rem] font-semibold">
        Notifications
      </h2>
      <p className="mt-1 text-ui text-ink-2">
        For sessions that you are not looking at. Kept in this browser; a session&rsquo;s menu can
        say otherwise for that session.
      </p>
      <PermissionState />
      <div className="mt-3 overflow-x-auto">
        <table className="w-full max-w-lg text-ui">
          <thead className="text-left text-xs text-ink-3">
            <tr>
              <th className="py-1.5 font-medium">When a session</th>
              <th className="w-24 py-1.5 text-center font-medium">Notification</th>
              <th className="w-24 py-1.5 text-center font-medium">Sound</th>
            </tr>
          </thead>
          <tbody>
            {newsKinds.map((kind) => (
              <Event key={kind} kind={kind} notifies={permission === 'granted'} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function PermissionState() {
  const permission = usePermission();
  const problem = problemTexts[permission];
  if (problem) {
    return (
      <p className="mt-3 max-w-lg rounded-md bg-waiting-soft px-3 py-2 text-ui text-waiting">
        {problem}
      </p>
    );
  }
  if (permission === 'default') {
    return (
      <div className="mt-3 flex flex-wrap items-center gap-3 text-ui text-ink-2">
        <Button look="primary" onClick={() => void askPermission()}>
          Turn on notifications
        </Button>
        The browser asks once whether it may.
      </div>
    );
  }
  return (
    <div className="mt-3">
      <Button onClick={() => showNotification(testNote, () => undefined)}>
        Show a test notification
      </Button>
    </div>
  );
}

const testNote = {
  ...{ tag: 'muster:test', path: '/', news: [] },
  title: 'muster can reach you',
  body: 'This is how a session that needs you, fails or finishes tells you.',
};

function Event({ kind, notifies }: { kind: NewsKind; notifies: boolean }) {
  const [name, what] = events[kind];
  return (
    <tr className="border-t border-line">
      <th scope="row" className="py-2 text-left font-normal">
        {name} <span className="block text-xs text-ink-3">{what}</span>
      </th>
      <td className="text-center">
        <Check channel="notify" kind={kind} label={`Notification: ${name}`} off={!notifies} />
      </td>
      <td>
        <span className="flex items-center justify-center gap-1.5">
          <Check channel="sound" kind={kind} label={`Sound: ${name}`} />
          <IconButton
            label={`Play the sound: ${name}`}
            className="size-6 pointer-coarse:size-8"
            onClick={() => void playTone(kind)}
          >
            <Play aria-hidden className="size-3" />
          </IconButton>
        </span>
      </td>
    </tr>
  );
}

interface CheckProps {
  channel: Channel;
  kind: NewsKind;
  label: string;
  off?: boolean;
}

function Check({ channel, kind, label, off = false }: CheckProps) {
  const { settings } = useAttentionStore();
  return (
    <input
      type="checkbox"
      aria-label={label}
      disabled={off}
      checked={settings[channel][kind]}
      onChange={({ target }) => attentionStore.set(channel, kind, target.checked)}
      className="size-4 align-middle accent-accent disabled:opacity-50"
    />
  );
}
