import { memo, useEffect, useMemo, useRef, useState } from 'react';
import { heightOf } from '../heights';
import type { NearWatch } from '../near';
import type { Group } from '../rows';
import type { Target } from '../target';
import { Record } from './record';

interface Props {
  group: Group;
  agent: string;
  agentName: string;
  watch: NearWatch['watch'];
  /** It is in sight from the beginning. */
  atEnd: boolean;
  /** One of its records is wanted. */
  target: Target | undefined;
}

/** Some neighbours. Until they come near to what is in sight, there is only room for them. */
export const TranscriptGroup = memo(function TranscriptGroup(props: Props) {
  const { group, agent, agentName, watch, atEnd, target } = props;
  const [near, setNear] = useState(atEnd);
  const box = useRef<HTMLDivElement>(null);
  const shown = near || target !== undefined;
  if (shown && !near) setNear(true);
  useEffect(() => {
    if (shown || !box.current) return;
    return watch(box.current, () => setNear(true));
  }, [shown, watch]);
  const height = useMemo(() => heightOf(group.rows), [group.rows]);
  return (
    <div
      ref={box}
      data-group
      // What is put on the page and out of sight costs no layout; the margin is for the menus beside it.
      className="-mx-4 px-4 [content-visibility:auto] sm:-mx-6 sm:px-6"
      style={shown ? { containIntrinsicBlockSize: `auto ${height}px` } : { height }}
    >
      {shown &&
        group.rows.map((row) => (
          <Record
            key={row.message.id}
            row={row}
            agent={agent}
            agentName={agentName}
            mark={target?.id === row.message.id ? target.why : undefined}
          />
        ))}
    </div>
  );
});
