import { useMemo } from 'react';
import type { PermissionRequest } from '@/shared/websocket';
import { editsOf } from '../changes';
import { commandOf, planText } from '../permissions';
import { Changes } from './changes';
import { TextMessage } from './text-message';

/** What one decides on: a plan as it is meant to be read, changes of files line by line, else the command. */
export function PermissionBody({ permission }: { permission: PermissionRequest }) {
  const edits = useMemo(() => editsOf(permission), [permission]);
  const plan = planText(permission);
  if (plan !== null) {
    if (plan.trim() === '') {
      return (
        <p className="mt-2 text-ui text-ink-2">The plan is what the agent said before this.</p>
      );
    }
    return (
      <div
        tabIndex={0}
        role="region"
        aria-label="The plan"
        className="mt-2 max-h-72 overflow-y-auto rounded-lg border border-line bg-sunken px-3 py-2 text-ui"
      >
        <TextMessage text={plan} plain={false} />
      </div>
    );
  }
  if (edits.length > 0) {
    return (
      <div className="mt-2">
        <Changes changes={edits} unfolded />
      </div>
    );
  }
  return (
    <pre
      tabIndex={0}
      aria-label="What it would do"
      className="mt-2 max-h-[25dvh] overflow-y-auto rounded-lg border border-line bg-sunken px-3 py-2 font-mono text-[0.78125rem] leading-[1.55] wrap-anywhere whitespace-pre-wrap"
    >
      {commandOf(permission)}
    </pre>
  );
}
