import {
  cloneElement,
  type ComponentProps,
  createContext,
  type ReactElement,
  type ReactNode,
  Suspense,
  use,
  useEffect,
  useId,
  useState,
} from 'react';
import { lazyPart } from '@/lib/part';

const bubble = () => import('./tooltip-bubble');
const Bubble = lazyPart(bubble);

export const preloadTooltip = () => void bubble().catch(() => undefined);

const SHOW_MS = 250;
/** Long enough to move the pointer onto the bubble. */
const HIDE_MS = 120;

const Delay = createContext(SHOW_MS);

export function TooltipProvider(props: { delayDuration?: number; children: ReactNode }) {
  return <Delay value={props.delayDuration ?? SHOW_MS}>{props.children}</Delay>;
}

interface Props {
  text: ReactNode;
  children: ReactElement<ComponentProps<'button'>>;
  side?: 'top' | 'right' | 'bottom' | 'left';
}

/** What else there is to say of the child, on hover and on focus. Escape takes it away. */
export function Tooltip({ text, children, side = 'top' }: Props) {
  const delay = use(Delay);
  const id = useId();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const [timer] = useState(makeTimer);
  const set = (to: HTMLElement | null, ms: number) => timer.start(() => setAnchor(to), ms);
  useEffect(() => timer.stop, [timer]);
  useEffect(() => {
    if (!anchor) return;
    const onKey = (event: KeyboardEvent) => event.key === 'Escape' && setAnchor(null);
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [anchor]);
  const child = cloneElement(children, {
    'aria-describedby': anchor ? id : undefined,
    onPointerEnter: ({ currentTarget, pointerType }) =>
      pointerType !== 'touch' && set(currentTarget, delay),
    onPointerLeave: () => set(null, HIDE_MS),
    onPointerDown: () => set(null, 0),
    onFocus: ({ currentTarget }) =>
      currentTarget.matches(':focus-visible') && set(currentTarget, 0),
    onBlur: () => set(null, 0),
  });
  return (
    <>
      {child}
      {anchor && (
        <Suspense fallback={null}>
          <Bubble
            id={id}
            anchor={anchor}
            side={side}
            onPointerEnter={() => timer.stop()}
            onPointerLeave={() => set(null, HIDE_MS)}
          >
            {text}
          </Bubble>
        </Suspense>
      )}
    </>
  );
}

/** One thing to be done later: another takes its place. */
function makeTimer() {
  let handle: ReturnType<typeof setTimeout> | undefined;
  const stop = () => clearTimeout(handle);
  const start = (act: () => void, ms: number) => {
    stop();
    handle = setTimeout(act, ms);
  };
  return { start, stop };
}
