import { ChevronDown, ChevronUp, X } from 'lucide-react';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { IconButton } from '@/components/ui/button';
import type { SessionResponse } from '@/shared/websocket';
import { firstInSight } from '../anchor';
import { HITS_MOST } from '../find';
import type { ScrollPlace } from '../scroll-place';
import type { FindState } from '../use-find';
import { useFindHits } from '../use-find-hits';
import { useFindMarks } from '../use-find-marks';
import type { useTarget } from '../use-target';
import { FindProgress } from './find-progress';

interface Props {
  find: FindState;
  session: SessionResponse;
  place: ScrollPlace;
  target: ReturnType<typeof useTarget>;
}

/** Looks for something in the whole transcript. */
export function FindBar({ find, session, place, target }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [query, setQuery] = useState('');
  const [fromSeq, setFromSeq] = useState(0);
  const found = useFindHits(session, query, fromSeq);
  const { hits, index, current, wanted, step, wish } = found;
  const { goTo, clear } = target;
  const currentId = current?.id;
  useEffect(() => {
    input.current?.focus();
    input.current?.select();
  }, [find.round]);
  useEffect(() => {
    if (currentId) goTo({ id: currentId, why: 'find' });
    else clear();
  }, [currentId, goTo, clear]);
  useEffect(() => clear, [clear]);
  useFindMarks(place, hits, current, wanted, wish);

  const type = (text: string) => {
    const { box, groups } = place;
    const seen = box && firstInSight(box, groups)?.element.getAttribute('data-seq');
    if (query === '') setFromSeq(Number(seen ?? 0));
    setQuery(text);
  };
  const close = () => {
    find.hide();
    place.box?.focus({ preventScroll: true });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Enter' && event.target === input.current) step(event.shiftKey ? -1 : 1);
    else if (event.key === 'Escape') close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      data-find-bar
      role="search"
      aria-label="Find in this session"
      onKeyDown={onKeyDown}
      className="absolute inset-x-2 top-2 z-20 animate-rise rounded-lg border border-line-strong bg-raised p-1 shadow-float sm:left-auto sm:w-96"
    >
      <div className="flex items-center gap-0.5">
        <input
          ref={input}
          value={query}
          onChange={(event) => type(event.target.value)}
          placeholder="Find in this session"
          aria-label="Find in this session"
          spellCheck={false}
          autoComplete="off"
          enterKeyHint="search"
          className="h-8 min-w-0 grow rounded-md bg-transparent px-2 text-ui outline-none placeholder:text-ink-3 pointer-coarse:text-base"
        />
        <span role="status" className="shrink-0 px-1.5 text-xs text-ink-3 tabular-nums">
          {countText(query, hits.length, index, found.loading)}
        </span>
        <IconButton
          label="Previous (Shift+Enter)"
          disabled={hits.length === 0}
          onClick={() => step(-1)}
        >
          <ChevronUp aria-hidden className="size-4" />
        </IconButton>
        <IconButton label="Next (Enter)" disabled={hits.length === 0} onClick={() => step(1)}>
          <ChevronDown aria-hidden className="size-4" />
        </IconButton>
        <IconButton label="Close (Esc)" onClick={close}>
          <X aria-hidden className="size-4" />
        </IconButton>
      </div>
      <FindProgress found={found} />
    </div>
  );
}

function countText(query: string, count: number, index: number, loading: boolean): string {
  if (query.trim() === '') return '';
  if (count === 0) return loading ? '' : 'Not found';
  const all =
    count >= HITS_MOST ? `${HITS_MOST.toLocaleString('en')}+` : count.toLocaleString('en');
  return `${(index + 1).toLocaleString('en')} of ${all}`;
}
