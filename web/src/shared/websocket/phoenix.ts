import { type Channel, Socket } from 'phoenix';

/** Below the server's IDLE_SECONDS; a dead connection is noticed within two of these. */
export const HEARTBEAT_MS = 25_000;
export const CALL_TIMEOUT_MS = 10_000;

/** The official client, as it is. Same origin: the cookie of the sign-in speaks for the page. */
export function createSocket(): Socket {
  return new Socket('/socket', { heartbeatIntervalMs: HEARTBEAT_MS, timeout: CALL_TIMEOUT_MS });
}

/** A call that was refused, or that could not be made. */
export class CallError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = 'CallError';
  }

  /** No answer came: whether the call was carried out is not known. */
  get isTimeout(): boolean {
    return this.code === 'TIMEOUT' || this.code === 'DISCONNECTED';
  }
}

/** The reply's reason in words, whether muster or the Phoenix protocol itself refused. */
export function refusal(response: unknown): CallError {
  const { code, message, reason } = (response ?? {}) as Record<string, unknown>;
  const text = message ?? reason ?? 'The server refused this, without a reason.';
  return new CallError(String(code ?? 'REFUSED'), String(text));
}

export function pushCall(channel: Channel, event: string, payload: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    channel
      .push(event, payload)
      .receive('ok', resolve)
      .receive('error', (response: unknown) => reject(refusal(response)))
      .receive('timeout', () => reject(new CallError('TIMEOUT', 'The server did not answer.')));
  });
}
