import { request } from '@/lib/api';

export type Verdict = 'server-down' | 'signed-out' | 'refused';

/**
 * Why the socket does not open: a browser is told nothing but "1006". The page asks the server whether
 * it is there, and only if it is, whether this browser may still speak to it.
 */
export async function probe(): Promise<Verdict> {
  try {
    const health = await fetch('/healthz', { cache: 'no-store' });
    if (!health.ok) return 'server-down';
  } catch {
    return 'server-down';
  }
  try {
    await request('list_agents');
    return 'refused';
  } catch (error) {
    const status = error instanceof Error && 'status' in error ? error.status : 0;
    return status === 401 || status === 403 ? 'signed-out' : 'refused';
  }
}
