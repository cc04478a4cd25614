import { Suspense } from 'react';
import { lazyPart } from '@/lib/part';
import type { ShortcutId } from '@/lib/shortcuts';
import type { Shell } from './use-shell';

const AddProject = lazyPart(() => import('@/features/projects/components/add-project-dialog'));
const palette = () => import('./command-palette');
const CommandPalette = lazyPart(palette);
const ShortcutsDialog = lazyPart(() => import('./shortcuts-dialog'));

/** What is typed right after its shortcut must not go elsewhere. */
export const preloadPalette = () => void palette().catch(() => undefined);

interface Props {
  shell: Shell;
  runShortcut: (id: ShortcutId) => void;
}

/** What opens over every page; one at a time, and each fetched when it is opened. */
export function Overlays({ shell, runShortcut }: Props) {
  const { overlay, setOverlay } = shell;
  const close = () => setOverlay(null);
  return (
    <Suspense fallback={null}>
      {overlay === 'palette' && (
        <CommandPalette runShortcut={runShortcut} addProject={shell.addProject} onClose={close} />
      )}
      {overlay === 'help' && <ShortcutsDialog onClose={close} />}
      {overlay === 'add-project' && (
        <AddProject
          onClose={close}
          onAdded={(project) => {
            close();
            shell.newSession(project.id);
          }}
        />
      )}
    </Suspense>
  );
}
