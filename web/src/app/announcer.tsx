import { useEffect, useRef, useState } from 'react';
import { useIsPartial, useProjects } from '@/features/projects/queries';
import { announcements } from '@/features/sessions/announce';

/** Tells a screen reader, politely, what has changed. */
export function Announcer() {
  const projects = useProjects();
  const partial = useIsPartial();
  const before = useRef({ projects, partial });
  const [text, setText] = useState('');
  useEffect(() => {
    const news = announcements(before.current.projects, projects, before.current.partial);
    before.current = { projects, partial };
    if (news.length > 0) setText(news.join('. '));
  }, [projects, partial]);
  return (
    <div aria-live="polite" className="sr-only">
      {text}
    </div>
  );
}
