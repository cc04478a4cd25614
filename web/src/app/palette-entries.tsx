import { Folder, SquarePen } from 'lucide-react';
import type { PaletteEntry } from '@/features/palette/components/palette';
import { badgeOf } from '@/features/sessions/badge';
import { AgentIcon } from '@/features/sessions/components/agent-icon';
import { StateWord } from '@/features/sessions/components/state-word';
import type { ProjectWithSessions, SessionResponse } from '@/shared/websocket';
import { pathOf, sessionsInOrder } from './session-order';

const RECENT_SHOWN = 6;
const WAITING_SHOWN = 5;

interface Options {
  projects: readonly ProjectWithSessions[];
  recent: readonly string[];
  /** The session on the screen. */
  current: string | undefined;
  go: (path: string) => void;
}

/** Sessions and projects, and a new session in each. */
export function rowEntries({ projects, recent, current, go }: Options): PaletteEntry[] {
  const names = new Map(projects.map((project) => [project.id, project.name]));
  const sessions = sessionsInOrder(projects);
  const byId = new Map(sessions.map((session) => [session.id, session]));
  const lately = recent.flatMap((id) => byId.get(id) ?? []).filter(({ id }) => id !== current);
  const ranks = new Map(recent.map((id, at) => [id, recent.length - at]));
  const entry = (session: SessionResponse, more: Partial<PaletteEntry> = {}) => ({
    ...sessionEntry(session, names.get(session.project_id) ?? '', go),
    bonus: ranks.get(session.id) ?? 0,
    ...more,
  });
  const waiting = sessions.filter((row) => row.waiting_for && row.id !== current);
  return [
    ...waiting
      .slice(0, WAITING_SHOWN)
      .map((row) => onlyFirst(entry(row), `waiting:${row.id}`, 'Needs you')),
    ...lately
      .slice(0, RECENT_SHOWN)
      .map((row) => onlyFirst(entry(row), `recent:${row.id}`, 'Recent')),
    ...sessions.map((row) => entry(row)),
    ...projects.filter((row) => !row.archived_at).flatMap((row) => projectEntries(row, go)),
  ];
}

/** Shown while nothing is typed, and found under its own name in its own group. */
function onlyFirst(entry: PaletteEntry, id: string, group: string): PaletteEntry {
  return { ...entry, id, group, first: true, onlyFirst: true };
}

function sessionEntry(
  session: SessionResponse,
  project: string,
  go: (path: string) => void,
): PaletteEntry {
  return {
    id: session.id,
    group: 'Sessions',
    label: session.name,
    detail: project,
    keywords: `${badgeOf(session)?.label ?? 'idle'} ${session.agent}`,
    icon: <AgentIcon agent={session.agent} className="size-4" />,
    aside: <StateWord sessionId={session.id} />,
    run: () => go(pathOf(session)),
  };
}

function projectEntries(project: ProjectWithSessions, go: (path: string) => void): PaletteEntry[] {
  const to = () => go(`/projects/${project.id}`);
  return [
    {
      id: project.id,
      group: 'Projects',
      label: project.name,
      detail: project.path,
      icon: <Folder aria-hidden className="size-4" />,
      run: to,
    },
    {
      id: `new:${project.id}`,
      group: 'New session in',
      label: project.name,
      detail: '',
      keywords: 'new session in',
      icon: <SquarePen aria-hidden className="size-4" />,
      run: to,
    },
  ];
}
