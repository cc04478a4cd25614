import { Link } from 'react-router';
import { useIsPartial } from '@/features/projects/queries';
import { TopBar } from './top-bar';

/** An address that leads nowhere (any more). */
export function LostPage({ what }: { what: 'page' | 'project' | 'session' }) {
  const partial = useIsPartial();
  if (partial && what !== 'page') return <Waiting what={what} />;
  return (
    <>
      <TopBar />
      <div className="grid grow place-items-center p-6 text-center">
        <div>
          <h1 className="text-lg font-semibold">There is no such {what}</h1>
          <p className="mt-1.5 text-ink-2">
            {what === 'page'
              ? 'The address is not one of muster.'
              : `The ${what} was deleted, or never was.`}
          </p>
          <Link
            to="/"
            className="mt-4 inline-block rounded text-accent-text underline underline-offset-2"
          >
            To your projects
          </Link>
        </div>
      </div>
    </>
  );
}

/** It may be in the part of the list that is still to come. */
function Waiting({ what }: { what: string }) {
  return (
    <>
      <TopBar />
      <p role="status" className="grid grow place-items-center p-6 text-ink-3">
        Loading the {what}
      </p>
    </>
  );
}
