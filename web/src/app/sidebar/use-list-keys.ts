import { useQueryClient } from '@tanstack/react-query';
import type { Virtualizer } from '@tanstack/react-virtual';
import {
  type KeyboardEvent,
  type MouseEvent,
  type RefObject,
  useCallback,
  useEffect,
  useRef,
} from 'react';
import { useProjectChanges } from '@/features/projects/mutations';
import { useSessionChanges } from '@/features/sessions/row-mutations';
import { stepProject, stepSession } from '@/shared/rows/move';
import { readRows } from '@/shared/rows/pending';
import type { Entry } from './outline';
import { listView } from './view-state';

interface Options {
  entries: readonly Entry[];
  lines: ReadonlyMap<string, number>;
  scroller: RefObject<HTMLDivElement | null>;
  virtual: Virtualizer<HTMLDivElement, Element>;
  setActive: (key: string) => void;
}

/**
 * The list is one stop of Tab; arrows, Home and End go from line to line, left and right close and
 * open a project, Alt with an arrow moves a line by hand, a right click opens its menu.
 */
export function useListKeys({ entries, lines, scroller, virtual, setActive }: Options) {
  const client = useQueryClient();
  const wanted = useRef<string | null>(null);
  const lost = useRef<number | null>(null);
  const session = useSessionChanges();
  const project = useProjectChanges();
  // The line to go to may have been outside of the page until now.
  useEffect(() => {
    if (wanted.current === null) return;
    const line = scroller.current?.querySelector(`[data-key="${CSS.escape(wanted.current)}"]`);
    const link = line?.querySelector<HTMLElement>('[data-row-link]');
    if (!link) return;
    wanted.current = null;
    link.focus({ preventScroll: true });
  });
  const goTo = (at: number) => {
    const entry = entries[at];
    if (!entry) return;
    wanted.current = entry.key;
    setActive(entry.key);
    virtual.scrollToIndex(at, { align: 'auto' });
  };
  // What had the focus was deleted or put away: who works by keyboard goes on with what is there now.
  useEffect(() => {
    if (lost.current === null) return;
    const at = lost.current;
    lost.current = null;
    if (document.activeElement !== document.body) return;
    const next = nextLine(entries, at - 1, 1);
    goTo(next >= 0 ? next : nextLine(entries, at, -1));
  });
  const move = (entry: Entry, by: 1 | -1) => {
    const rows = readRows(client);
    if (entry.kind === 'session' && !entry.pinned) {
      const row = rows[entry.place[0]]?.sessions[entry.place[1]];
      const step = row && stepSession(rows, row.id, by);
      if (step) session.move(row, step);
    }
    if (entry.kind === 'project') {
      const row = rows[entry.place];
      const step = row && stepProject(rows, row.id, by);
      if (step) project.move(row, step);
    }
    wanted.current = entry.key;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const { target, key, altKey } = event;
    if (!(target instanceof HTMLElement) || !target.matches('[data-row-link]')) return;
    const at = lineOf(target);
    const entry = entries[at];
    if (!entry || event.ctrlKey || event.metaKey) return;
    const vertical = key === 'ArrowDown' ? 1 : key === 'ArrowUp' ? -1 : 0;
    if (vertical !== 0 && altKey) move(entry, vertical);
    else if (vertical !== 0) goTo(nextLine(entries, at, vertical));
    else if (key === 'Home') goTo(nextLine(entries, -1, 1));
    else if (key === 'End') goTo(nextLine(entries, entries.length, -1));
    else if (key === 'ArrowRight' && entry.kind === 'project') {
      if (entry.open) goTo(nextLine(entries, at, 1));
      else listView.toggleCollapsed(entry.key);
    } else if (key === 'ArrowLeft' && entry.kind === 'project') {
      if (entry.open) listView.toggleCollapsed(entry.key);
    } else if (key === 'ArrowLeft' && entry.kind === 'session') {
      goTo(lines.get(readRows(client)[entry.place[0]]?.id ?? '') ?? at);
    } else return;
    event.preventDefault();
  };
  return {
    onFocusLost: useCallback((at: number) => void (lost.current = at), []),
    onKeyDown,
    onFocus: ({ target }: { target: Element }) => {
      const entry = entries[lineOf(target)];
      if (entry) setActive(entry.key);
    },
    onContextMenu: (event: MouseEvent<Element>) => {
      const line = event.target instanceof Element && event.target.closest('[data-line]');
      const menu = line && line.querySelector<HTMLElement>('[aria-haspopup="menu"]');
      if (!menu) return;
      event.preventDefault();
      menu.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true, button: 0 }));
      menu.click();
    },
  };
}

export function lineOf(element: Element): number {
  return Number(element.closest<HTMLElement>('[data-line]')?.dataset.line ?? -1);
}

/** The next line that can have the focus. */
function nextLine(entries: readonly Entry[], from: number, by: 1 | -1): number {
  for (let at = from + by; at >= 0 && at < entries.length; at += by) {
    const kind = entries[at]?.kind;
    if (kind === 'project' || kind === 'session') return at;
  }
  return -1;
}
