import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef } from 'react';
import { useNavigate, useParams } from 'react-router';
import { notify } from '@/lib/notify';
import { listenForShortcuts, type ShortcutId } from '@/lib/shortcuts';
import { readRows } from '@/shared/rows/pending';
import { focusSearch } from './sidebar/focus-search';
import { neighbour, nextNeedy, pathOf, sessionsInOrder } from './session-order';
import type { Shell } from './use-shell';

/** Listens for the shortcuts; returns what does what one of them does. */
export function usePageShortcuts(shell: Shell): (id: ShortcutId) => void {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { sessionId } = useParams();
  const go = (path: string) => void navigate(path);
  const step = (by: 1 | -1) => {
    const session = neighbour(sessionsInOrder(readRows(client)), sessionId, by);
    if (session) go(pathOf(session));
  };
  const needsMe = () => {
    const session = nextNeedy(sessionsInOrder(readRows(client)), sessionId);
    if (session) go(pathOf(session));
    else notify.info('No other session needs you.');
  };
  const handlers: Record<ShortcutId, () => void> = {
    palette: () => shell.setOverlay('palette'),
    help: () => shell.setOverlay('help'),
    next: () => step(1),
    previous: () => step(-1),
    needsMe,
    newSession: () => shell.newSession(),
    settings: () => go('/settings'),
    sidebar: shell.toggleSidebar,
    search: () => focusSearch() || shell.setOverlay('palette'),
    composer: () => document.querySelector<HTMLElement>('[data-shortcut="composer"]')?.focus(),
  };
  const newest = useRef(handlers);
  useEffect(() => {
    newest.current = handlers;
  });
  const run = useCallback((id: ShortcutId) => newest.current[id](), []);
  useEffect(() => listenForShortcuts(run), [run]);
  return run;
}
