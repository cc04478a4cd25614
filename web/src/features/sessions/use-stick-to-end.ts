import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

const NEAR_PX = 48;

/**
 * Keeps a scroller at its end while the reader is there, and nowhere else. `first` names what stands
 * on top: when older content comes before it, what the reader sees stays where it is.
 */
export function useStickToEnd(first: string | undefined) {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const sticks = useRef(true);
  const top = useRef(0);
  const before = useRef({ first, height: 0 });
  const [away, setAway] = useState(false);
  const [news, setNews] = useState(false);

  const toEnd = useCallback(() => {
    const box = scroller.current;
    sticks.current = true;
    setNews(false);
    setAway(false);
    if (box) box.scrollTop = box.scrollHeight;
  }, []);

  const onScroll = useCallback(() => {
    const box = scroller.current;
    if (!box) return;
    const near = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
    // Content that grows also leaves the end behind; only a reader moves up.
    if (near) sticks.current = true;
    else if (box.scrollTop < top.current) sticks.current = false;
    top.current = box.scrollTop;
    setAway(!sticks.current);
    if (sticks.current) setNews(false);
  }, []);

  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const old = before.current;
    if (old.first && old.first !== first && !sticks.current) {
      box.scrollTop += box.scrollHeight - old.height;
    }
    before.current = { first, height: box.scrollHeight };
  }, [first]);

  useEffect(() => {
    const box = scroller.current;
    const inner = content.current;
    if (!box || !inner) return;
    const observer = new ResizeObserver(() => {
      const grew = box.scrollHeight > before.current.height;
      before.current.height = box.scrollHeight;
      if (sticks.current) box.scrollTop = box.scrollHeight;
      else if (grew) setNews(true);
    });
    observer.observe(inner);
    observer.observe(box);
    return () => observer.disconnect();
  }, []);

  return { scroller, content, onScroll, toEnd, away, news };
}
