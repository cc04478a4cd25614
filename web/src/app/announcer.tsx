import { useEffect, useRef, useState } from 'react';
import { announcements } from '@/features/sessions/announce';
import type { ProjectWithSessions } from '@/shared/websocket';

/** Tells a screen reader, politely, what has changed. */
export function Announcer({ projects }: { projects: readonly ProjectWithSessions[] }) {
  const before = useRef(projects);
  const [text, setText] = useState('');
  useEffect(() => {
    const news = announcements(before.current, projects);
    before.current = projects;
    if (news.length > 0) setText(news.join('. '));
  }, [projects]);
  return (
    <div aria-live="polite" className="sr-only">
      {text}
    </div>
  );
}
