import { useEffect, useRef, useState } from 'react';
import { announcements } from '@/features/sessions/announce';
import { badgeOf } from '@/features/sessions/badge';
import type { ProjectWithSessions } from '@/shared/websocket';

/** Tells a screen reader, politely, what has changed; and the tab's title, how many need somebody. */
export function Announcer({ projects }: { projects: readonly ProjectWithSessions[] }) {
  const before = useRef(projects);
  const [text, setText] = useState('');
  useEffect(() => {
    const news = announcements(before.current, projects);
    before.current = projects;

    if (news.length > 0) setText(news.slice(0, 3).join('. '));
    const waiting = projects.flatMap((project) => project.sessions).filter(needsSomebody).length;
    document.title = waiting > 0 ? `(${waiting}) muster` : 'muster';
  }, [projects]);
  return (
    <div aria-live="polite" className="sr-only">
      {text}
    </div>
  );
}

function needsSomebody(session: ProjectWithSessions['sessions'][number]): boolean {
  return badgeOf(session)?.kind === 'waiting';
}
