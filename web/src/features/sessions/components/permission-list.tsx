import { useRef } from 'react';
import type { PermissionRequest } from '@/shared/websocket';
import { headlineOf } from '../permissions';
import { RequestCard } from './request-card';

interface Props {
  permissions: readonly PermissionRequest[];
  /** The agent's name for a person. */
  agent: string;
}

/** Everything that the agent waits for, each with its answer. It is said; the focus stays where it is. */
export function PermissionList({ permissions, agent }: Props) {
  const place = useRef<HTMLDivElement>(null);
  // The card of one who answers by keyboard goes away: the next Tab is to go on from here.
  const keepPlace = () => {
    if (place.current?.contains(document.activeElement)) {
      place.current.focus({ preventScroll: true });
    }
  };
  const asked = permissions.map((permission) => headlineOf(permission, agent));
  return (
    <div ref={place} tabIndex={-1} className="outline-none">
      <p role="status" className="sr-only">
        {asked.join('. ')}
      </p>
      {permissions.length > 0 && (
        <section
          aria-label="What the agent waits for"
          className="mb-2 max-h-[50dvh] space-y-2 overflow-y-auto"
        >
          {permissions.map((permission) => (
            <RequestCard
              key={permission.id}
              permission={permission}
              agent={agent}
              onAnswer={keepPlace}
            />
          ))}
        </section>
      )}
    </div>
  );
}
