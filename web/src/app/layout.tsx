import { useQueryClient } from '@tanstack/react-query';
import { SignedOutPage } from '@/features/connection/components/signed-out-page';
import { UnreachablePage } from '@/features/connection/components/unreachable-page';
import { useProjects } from '@/features/projects/queries';
import { useProjectsWebSocket } from '@/features/projects/use-projects-web-socket';
import { ApiError } from '@/lib/api';
import { messageOf } from '@/lib/errors';
import { Frame } from './frame';

/** Every page: the frame, once there is something to put into it. */
export function Layout() {
  useProjectsWebSocket();
  const { data, error } = useProjects(useQueryClient());
  if (data) return <Frame projects={data} />;
  if (error instanceof ApiError && error.status === 401) return <SignedOutPage />;
  if (error) return <UnreachablePage reason={messageOf(error)} />;
  return <div role="status" aria-label="Loading" className="h-full bg-canvas" />;
}
