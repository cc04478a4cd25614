import type { Rows } from '@/shared/rows/rows';
import { useAttention } from '../use-attention';

interface Props {
  rows: Rows;
  /** More of them are to come. */
  partial: boolean;
  /** The session on the screen. */
  sessionId: string | undefined;
  /** Leads to a path of the page. */
  onOpen: (path: string) => void;
}

/** Shows nothing on the page: see useAttention. */
export function Attention({ rows, partial, sessionId, onOpen }: Props) {
  useAttention({ rows, partial }, sessionId, onOpen);
  return null;
}
