import { useRef } from 'react';
import { announcements } from '@/features/sessions/announce';
import type { Rows } from '@/shared/rows/rows';
import { useOnRows } from '@/shared/rows/use-view';

/** Tells a screen reader, politely, what has changed. */
export function Announcer() {
  const live = useRef<HTMLDivElement>(null);
  const before = useRef<{ rows: Rows; partial: boolean }>(null);
  useOnRows((rows, partial) => {
    const was = before.current;
    before.current = { rows, partial };
    const news = was ? announcements(was.rows, rows, was.partial) : [];
    if (live.current && news.length > 0) live.current.textContent = news.join('. ');
  });
  return (
    <div className="sr-only">
      {/* A layout root: what it says moves nothing. */}
      <div ref={live} aria-live="polite" className="h-px w-px contain-layout contain-size" />
    </div>
  );
}
