import { Suspense } from 'react';
import { lazyPart } from '@/lib/part';
import type { ShortcutId } from '@/lib/shortcuts';
import { TypedAhead } from './typed-ahead';
import type { Shell } from './use-shell';

const AddProject = lazyPart(() => import('@/features/projects/components/add-project-dialog'));
const palette = () => import('./command-palette');
const CommandPalette = lazyPart(palette);
const ShortcutsDialog = lazyPart(() => import('./shortcuts-dialog'));

/** Before it is asked for: it is the one that is typed into. */
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
    <Suspense fallback={overlay === 'palette' && <TypedAhead onEscape={close} />}>
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
