import { useEffect, useState, useSyncExternalStore } from 'react';
import { ScrollPlace } from './scroll-place';

/** `tail` names the newest of the content: that it changed while the reader was away is `news`. */
export function useScrollPlace(tail: string) {
  const [place] = useState(() => new ScrollPlace());
  const left = useSyncExternalStore(place.subscribe, place.leftAt);
  useEffect(() => place.tail(tail), [place, tail]);
  return { place, away: left !== null, news: left !== null && left !== tail };
}
