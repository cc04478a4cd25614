import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useIsPartial, useProjects } from '@/features/projects/queries';
import { announcements } from '@/features/sessions/announce';
import type { ProjectWithSessions } from '@/shared/websocket';

const none: ProjectWithSessions[] = [];

/** Tells a screen reader, politely, what has changed. */
export function Announcer() {
  const { data: projects = none } = useProjects(useQueryClient());
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
