import { useQueryClient } from '@tanstack/react-query';
import type { Virtualizer } from '@tanstack/react-virtual';
import { type DragEvent, useRef, useState } from 'react';
import { useProjectChanges } from '@/features/projects/mutations';
import { useSessionChanges } from '@/features/sessions/row-mutations';
import { readRows } from '@/shared/rows/pending';
import { findProject, findSession } from '@/shared/rows/rows';
import { type Drop, dropOn } from './drop';
import type { Entry } from './outline';
import { lineOf } from './use-list-keys';

interface Options {
  entries: readonly Entry[];
  virtual: Virtualizer<HTMLDivElement, Element>;
  enabled: boolean;
}

/** Lines are moved by hand with the browser's own drag and drop; `mark` is where one would land. */
export function useListDrag({ entries, virtual, enabled }: Options) {
  const client = useQueryClient();
  const dragged = useRef<Entry | null>(null);
  const [mark, setMark] = useState<number | null>(null);
  const session = useSessionChanges();
  const project = useProjectChanges();
  const end = () => {
    dragged.current = null;
    setMark(null);
  };
  const dropAt = (event: DragEvent): Drop | null => {
    const { target, clientY } = event;
    if (!dragged.current || !(target instanceof Element)) return null;
    const line = lineOf(target);
    const box = target.closest('[data-line]')?.getBoundingClientRect();
    if (!box) return null;
    const lower = clientY > box.top + box.height / 2;
    return dropOn(readRows(client), entries, dragged.current, { line, lower });
  };
  const carryOut = (drop: Drop) => {
    const rows = readRows(client);
    if (drop.kind === 'session') {
      const row = findSession(rows, drop.id);
      if (row) session.move(row, drop.move);
    } else {
      const row = findProject(rows, drop.id);
      if (row) project.move(row, drop.move);
    }
  };
  return {
    mark,
    onDragStart: (event: DragEvent) => {
      if (!enabled || !(event.target instanceof Element)) return;
      dragged.current = entries[lineOf(event.target)] ?? null;
      event.dataTransfer.effectAllowed = 'move';
      event.dataTransfer.setData('text/plain', event.target.textContent);
    },
    onDragOver: (event: DragEvent) => {
      const drop = dropAt(event);
      if (drop) event.preventDefault();
      const at = drop && virtual.measurementsCache[drop.line];
      setMark(drop ? (at?.start ?? virtual.getTotalSize()) : null);
    },
    onDragLeave: (event: DragEvent) => {
      if (event.target === event.currentTarget) setMark(null);
    },
    onDrop: (event: DragEvent) => {
      const drop = dropAt(event);
      event.preventDefault();
      end();
      if (drop) carryOut(drop);
    },
    onDragEnd: end,
  };
}
