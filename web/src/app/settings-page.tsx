import { Navigate, useParams } from 'react-router';
import { ShortcutList } from '@/components/ui/shortcut-list';
import { AttentionSettings } from '@/features/attention/components/attention-settings';
import { useAgents } from '@/features/sessions/queries';
import { AboutSettings } from '@/features/settings/components/about-settings';
import { AccessSettings } from '@/features/settings/components/access-settings';
import { AgentsSettings } from '@/features/settings/components/agents-settings';
import { AppearanceSettings } from '@/features/settings/components/appearance-settings';
import { SettingsSection } from '@/features/settings/components/section';
import { SettingsNav } from '@/features/settings/components/settings-nav';
import type { SectionId } from '@/features/settings/sections';
import { leave } from './leave';
import { LostPage } from './lost-page';
import { TopBar } from './top-bar';

const bodies: Record<SectionId, () => React.ReactNode> = {
  agents: () => <Agents />,
  notifications: () => <AttentionSettings />,
  appearance: () => <AppearanceSettings />,
  access: () => <AccessSettings onSignedOut={() => void leave()} />,
  shortcuts: () => (
    <SettingsSection title="Keyboard shortcuts">
      <ShortcutList />
    </SettingsSection>
  ),
  about: () => <AboutSettings />,
};

export default function SettingsPage() {
  const { section } = useParams();
  if (section === undefined) return <Navigate to="/settings/agents" replace />;
  if (!Object.hasOwn(bodies, section)) return <LostPage what="page" />;
  return (
    <>
      <TopBar>
        <h1 className="truncate text-sm font-semibold">Settings</h1>
      </TopBar>
      <div className="flex min-h-0 grow flex-col md:flex-row">
        <SettingsNav />
        <div className="min-h-0 min-w-0 grow overflow-y-auto" tabIndex={-1}>
          <div className="max-w-2xl p-4 pb-[max(2rem,env(safe-area-inset-bottom))] sm:p-6">
            {bodies[section as SectionId]()}
          </div>
        </div>
      </div>
    </>
  );
}

function Agents() {
  const { data, error, isFetching, refetch } = useAgents();
  return (
    <AgentsSettings
      agents={data}
      error={error}
      reloading={isFetching}
      onReload={() => void refetch()}
    />
  );
}
