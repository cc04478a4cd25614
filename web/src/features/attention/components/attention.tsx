import { useAttention } from '../use-attention';

interface Props {
  /** The session on the screen. */
  sessionId: string | undefined;
  /** Leads to a path of the page. */
  onOpen: (path: string) => void;
}

/** Shows nothing on the page: see useAttention. */
export function Attention({ sessionId, onOpen }: Props) {
  useAttention(sessionId, onOpen);
  return null;
}
