import type { ReactNode } from 'react';
import { messageOf } from '@/lib/errors';
import { useAbout } from '../queries';
import { Fetching, SettingsSection } from './section';

export function AboutSettings() {
  const { data, error, refetch } = useAbout();
  return (
    <SettingsSection title="About">
      {!data && <Fetching error={error && messageOf(error)} onRetry={() => void refetch()} />}
      {data && (
        <dl className="mt-3 grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5 text-ui">
          <Fact name="Version">{data.version}</Fact>
          <Fact name="Running since">{new Date(data.started_at).toLocaleString()}</Fact>
          <Fact name="Data">
            <code className="font-mono text-xs">{data.data_dir}</code>
          </Fact>
          <Fact name="Home">
            <code className="font-mono text-xs">{data.home}</code>
          </Fact>
          <Fact name="Documents">
            README.md, docs/agents.md, docs/agents-file.md and ARCHITECTURE.md of the sources
          </Fact>
          <Fact name="Licence">MIT</Fact>
        </dl>
      )}
    </SettingsSection>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-3">{name}</dt>
      <dd className="min-w-0 wrap-anywhere">{children}</dd>
    </>
  );
}
