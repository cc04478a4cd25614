import { type ErrorResponse, Routes, type RouteTypes } from '@/shared/websocket/generated';

type RouteName = keyof typeof Routes;

/** A request that was refused (`code` is the protocol's), or that got no answer (`NETWORK`). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

interface Options<K extends RouteName> {
  /** The value of `:id` in the path. */
  id?: string;
  query?: Record<string, string | number>;
  body?: RouteTypes[K]['request'];
  signal?: AbortSignal;
  /** It is carried out even if the page is gone before the answer. */
  keepalive?: boolean;
}

/** One request of the protocol's REST table. */
export async function request<K extends RouteName>(
  name: K,
  options: Options<K> = {},
): Promise<RouteTypes[K]['response']> {
  const { method, path } = Routes[name];
  const url = path.replace(':id', encodeURIComponent(options.id ?? ''));
  const query = options.query ? `?${new URLSearchParams(text(options.query))}` : '';
  const response = await send(url + query, {
    method,
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.keepalive ? { keepalive: true } : {}),
    ...(options.body === undefined ? {} : json(options.body)),
  });
  if (!response.ok) throw await refusal(response);
  const body = await response.text();
  return (body === '' ? undefined : JSON.parse(body)) as RouteTypes[K]['response'];
}

/** After a deletion: that somebody else was faster is no error, what was wanted is so. */
export function unlessGone(error: unknown): void {
  if (!(error instanceof ApiError && error.status === 404)) throw error;
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, credentials: 'same-origin' });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw noAnswer();
  }
}

export function noAnswer(): ApiError {
  return new ApiError(0, 'NETWORK', 'muster does not answer. Is `muster serve` running?');
}

async function refusal(response: Response): Promise<ApiError> {
  return refusalOf(response.status, await response.text().catch(() => ''));
}

/** What a refused request's answer says, in words. */
export function refusalOf(status: number, body: string): ApiError {
  const fallback = `The server answered ${status}.`;
  try {
    const { error } = JSON.parse(body) as ErrorResponse;
    return new ApiError(status, error.code, error.message || fallback);
  } catch {
    return new ApiError(status, 'UNKNOWN', fallback);
  }
}

function json(body: unknown): RequestInit {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function text(query: Record<string, string | number>): Record<string, string> {
  return Object.fromEntries(Object.entries(query).map(([key, value]) => [key, String(value)]));
}
