import { useAttention } from '../use-attention';

interface Props {
  /** The session on the screen. */
  sessionId: string | undefined;
  /** The server vouches for the rows now. */
  verified: boolean;
  /** Leads to a path of the page. */
  onOpen: (path: string) => void;
}

/** Shows nothing on the page: see useAttention. */
export function Attention({ sessionId, verified, onOpen }: Props) {
  useAttention(sessionId, verified, onOpen);
  return null;
}
