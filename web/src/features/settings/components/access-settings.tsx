import { useState } from 'react';
import { Button } from '@/components/ui/button';
import { ConfirmDialog } from '@/components/ui/confirm-dialog';
import { messageOf } from '@/lib/errors';
import type { AccessResponse } from '@/shared/websocket';
import { useAccess, useRevoke } from '../queries';
import { AccessList } from './access-list';
import { CreateToken } from './create-token';
import { Fetching, SettingsSection } from './section';

/** Who may use this muster: browsers that are signed in, and tokens of programs. */
export function AccessSettings({ onSignedOut }: { onSignedOut: () => void }) {
  const { data, error, refetch } = useAccess();
  const [asked, setAsked] = useState<AccessResponse | null>(null);
  const revoke = useRevoke();
  const browsers = data?.filter(({ kind }) => kind === 'browser') ?? [];
  const tokens = data?.filter(({ kind }) => kind === 'token') ?? [];
  const current = browsers.find((access) => access.current);
  const confirm = async (access: AccessResponse) => {
    await revoke.mutateAsync(access.id);
    if (access.current) onSignedOut();
  };
  return (
    <SettingsSection
      title="Access"
      intro="Whoever is signed in, or has a token, runs commands as you on this machine."
      action={
        current && (
          <Button size="sm" onClick={() => setAsked(current)}>
            Sign out
          </Button>
        )
      }
    >
      {!data && <Fetching error={error && messageOf(error)} onRetry={() => void refetch()} />}
      {data && (
        <>
          <AccessList title="Browsers" access={browsers} onRevoke={setAsked} />
          <p className="mt-1.5 text-xs text-ink-3">
            Another browser signs in with a link of{' '}
            <code className="font-mono">muster login-url</code>.
          </p>
          <AccessList title="Tokens for programs" access={tokens} onRevoke={setAsked} />
          <CreateToken />
        </>
      )}
      {asked && (
        <ConfirmDialog
          open
          onOpenChange={() => setAsked(null)}
          {...question(asked)}
          onConfirm={() => confirm(asked)}
        />
      )}
    </SettingsSection>
  );
}

function question({ kind, name, current }: AccessResponse) {
  if (current) {
    return {
      title: 'Sign out?',
      description:
        'This browser forgets what it keeps of muster. To come back, open a new link of `muster login-url`. Agents go on working.',
      action: 'Sign out',
    };
  }
  return kind === 'token'
    ? {
        title: `Revoke “${name}”?`,
        description: 'Programs that use this token are refused from now on.',
        action: 'Revoke token',
      }
    : {
        title: 'Sign that browser out?',
        description: `“${name}” is refused from now on.`,
        action: 'Sign it out',
      };
}
