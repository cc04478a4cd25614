import { type ReactNode, Suspense, useEffect, useState } from 'react';
import { UnreachablePage } from '@/features/connection/components/unreachable-page';
import { useHasProjects } from '@/features/projects/queries';
import { useProjectsWebSocket } from '@/features/projects/use-projects-web-socket';
import { ApiError } from '@/lib/api';
import { messageOf } from '@/lib/errors';
import { lazyPart } from '@/lib/part';
import { eventBus } from '@/shared/websocket';
import { Frame } from './frame';
import { forgetEverything } from './leave';
import { StaticFrame } from './static-frame';
import { useInboxTopic } from './use-inbox-topic';

const SignedOutPage = lazyPart(async () => ({
  default: (await import('@/features/connection/components/signed-out-page')).SignedOutPage,
}));
// Without the server, and without a worker that has it, there is nothing to show of before.
const LastKnownPage = lazyPart(() =>
  import('@/features/last-known/components/last-known-page').catch(() => ({
    default: ({ children }: { children: ReactNode }) => children,
  })),
);

/** Without an answer for so long, what was known before is better than nothing. */
const SLOW_MS = 3_000;

/** Every page: the frame, once there is something to put into it. */
export function Layout() {
  useProjectsWebSocket();
  const { loaded, error } = useHasProjects();
  useInboxTopic(loaded);
  const slow = useSlow(!loaded && !error);
  const signedOut = error instanceof ApiError && error.status === 401;
  useEffect(() => {
    if (signedOut) void forgetEverything();
  }, [signedOut]);
  if (loaded) return <Frame />;
  if (signedOut) {
    return (
      <Suspense fallback={null}>
        <SignedOutPage />
      </Suspense>
    );
  }
  if (!error && !slow) return <StaticFrame />;
  const reason = error ? messageOf(error) : 'muster takes long to answer.';
  return (
    <Suspense fallback={null}>
      <LastKnownPage reason={reason} onRetry={() => eventBus.reconnect()}>
        <UnreachablePage reason={reason} />
      </LastKnownPage>
    </Suspense>
  );
}

function useSlow(waiting: boolean): boolean {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    if (!waiting) return;
    const timer = setTimeout(() => setSlow(true), SLOW_MS);
    return () => clearTimeout(timer);
  }, [waiting]);
  return waiting && slow;
}
