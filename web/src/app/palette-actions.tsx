import {
  BellDot,
  CheckCheck,
  FolderPlus,
  Keyboard,
  Link,
  type LucideIcon,
  Monitor,
  Moon,
  PanelLeft,
  Settings,
  SquarePen,
  Sun,
} from 'lucide-react';
import { Keys } from '@/components/ui/keys';
import type { PaletteEntry } from '@/features/palette/components/palette';
import { sections } from '@/features/settings/sections';
import { copyText } from '@/lib/copy-text';
import { type ShortcutId, shortcuts } from '@/lib/shortcuts';
import { setTheme } from '@/lib/theme';

interface Action {
  label: string;
  icon: LucideIcon;
  run: () => void;
  keywords?: string;
  shortcut?: ShortcutId;
  /** Only found by typing. */
  hidden?: boolean;
}

interface Options {
  runShortcut: (id: ShortcutId) => void;
  addProject: () => void;
  markAllRead: () => void;
  go: (path: string) => void;
}

/** What can be done from everywhere. */
export function actionEntries(options: Options): PaletteEntry[] {
  const { runShortcut, addProject, markAllRead, go } = options;
  const byShortcut = (shortcut: ShortcutId, icon: LucideIcon): Action => ({
    label: shortcuts[shortcut].label,
    icon,
    run: () => runShortcut(shortcut),
    shortcut,
  });
  const actions: Action[] = [
    byShortcut('newSession', SquarePen),
    byShortcut('needsMe', BellDot),
    {
      label: 'Add a project…',
      icon: FolderPlus,
      run: addProject,
      keywords: 'new directory folder',
    },
    { label: 'Mark all as read', icon: CheckCheck, run: markAllRead, keywords: 'unread seen' },
    { label: 'Copy a link to this page', icon: Link, run: copyLink, keywords: 'address url share' },
    byShortcut('sidebar', PanelLeft),
    { label: 'Theme: light', icon: Sun, run: () => setTheme('light'), hidden: true },
    { label: 'Theme: dark', icon: Moon, run: () => setTheme('dark'), hidden: true },
    { label: 'Theme: as the system', icon: Monitor, run: () => setTheme('system'), hidden: true },
    byShortcut('settings', Settings),
    ...sections.map(({ id, name, icon }) => ({
      label: `Settings: ${name}`,
      icon,
      run: () => go(`/settings/${id}`),
      hidden: true,
    })),
    byShortcut('help', Keyboard),
  ];
  return actions.map(entryOf);
}

function entryOf({ label, icon: Icon, run, keywords, shortcut, hidden }: Action): PaletteEntry {
  return {
    id: `action:${label}`,
    group: 'Actions',
    label,
    detail: '',
    keywords: keywords ?? '',
    first: !hidden,
    icon: <Icon aria-hidden className="size-4" />,
    aside: shortcut && <Keys chord={shortcuts[shortcut].keys[0]} />,
    run,
  };
}

function copyLink(): void {
  void copyText(location.href, 'The link is copied.');
}
