import { type QueryClient, useQuery } from '@tanstack/react-query';
import { SessionRow } from '@/features/sessions/components/session-row';
import { projectKeys } from '@/shared/rows/keys';
import {
  Channels,
  type EventBus,
  type ProjectEvent,
  type ProjectWithSessions,
  type SessionUpdatedData,
} from '@/shared/websocket';

/** The specification's way to take a change: a map over all projects, in it one over all sessions. */
export function watchAsSpecified(client: QueryClient, bus: EventBus): void {
  bus.on<ProjectEvent>(Channels.projects(), (event) => {
    if (event.type === 'session_updated') take(client, event.data);
  });
  bus.join(Channels.projects(), { joinParams: () => ({}), onJoined: () => undefined });
  bus.connect();
}

function take(client: QueryClient, { sessionId, ...data }: SessionUpdatedData): void {
  client.setQueryData<ProjectWithSessions[]>(projectKeys.withSessions(), (old) =>
    old?.map((project) => ({
      ...project,
      sessions: project.sessions.map((session) =>
        session.id === sessionId
          ? {
              ...session,
              state: data.state ?? session.state,
              error_message: data.error_message ?? session.error_message,
              name: data.name ?? session.name,
              updated_at: data.updated_at ?? session.updated_at,
            }
          : session,
      ),
    })),
  );
}

/** Every row in the page, as a list is written at first; the rows are muster's own. */
export function PlainList() {
  const { data = [] } = useQuery<ProjectWithSessions[]>({
    queryKey: projectKeys.withSessions(),
    enabled: false,
  });
  return (
    <nav className="h-full overflow-y-auto px-2">
      {data.map((project) => (
        <section key={project.id}>
          <h2>{project.name}</h2>
          {project.sessions.map((session) => (
            <SessionRow key={session.id} session={session} viewed={false} />
          ))}
        </section>
      ))}
    </nav>
  );
}
