// @vitest-environment node
import { existsSync, readFileSync } from 'node:fs';
import * as phoenix from 'phoenix';
import { describe, expect, it } from 'vitest';

interface Golden {
  name: string;
  vsn: string;
  direction: 'client' | 'server';
  kind: string;
  text?: string;
  hex?: string;
  join_ref?: unknown;
  ref?: unknown;
  topic?: string;
  event?: string;
  payload?: unknown;
  payload_hex?: string;
  status?: string;
  fatal?: boolean;
}
interface Decoded {
  join_ref: unknown;
  ref: unknown;
  topic: string;
  event: string;
  payload: unknown;
}

// In the package, not in its types: what the client itself decodes with.
const { Serializer } = phoenix as unknown as {
  Serializer: { decode: (raw: string | ArrayBuffer, done: (message: Decoded) => void) => void };
};

const file = '../protocol/golden/phoenix-frames.json';
const { frames } = existsSync(file)
  ? (JSON.parse(readFileSync(file, 'utf8')) as { frames: Golden[] })
  : { frames: [] };
const ours = frames.filter(
  (one) => one.vsn === '2.0.0' && one.direction === 'server' && !one.fatal,
);

function bytes(hex: string): ArrayBuffer {
  const pairs = hex.replace(/\s/g, '').match(/../g) ?? [];
  return new Uint8Array(pairs.map((pair) => Number.parseInt(pair, 16))).buffer;
}

function decode(frame: Golden): Decoded {
  let result: Decoded | undefined;
  Serializer.decode(
    frame.hex === undefined ? (frame.text ?? '') : bytes(frame.hex),
    (message) => (result = message),
  );
  if (!result) throw new Error('not decoded');
  return result;
}

/** A binary payload; in a reply it is the response. */
function bytesOf(payload: unknown): Uint8Array {
  const { response } = payload as { response?: ArrayBuffer };
  return new Uint8Array(response ?? (payload as ArrayBuffer));
}

describe('golden frames, as the official client reads them', () => {
  it('are there', () => expect(ours.length).toBeGreaterThan(0));

  it.each(ours.map((frame) => [frame.name, frame] as const))('%s', (_name, frame) => {
    const message = decode(frame);
    expect(message.topic).toBe(frame.topic);
    if (frame.event !== undefined) expect(message.event).toBe(frame.event);
    if (frame.payload_hex !== undefined) {
      expect(bytesOf(message.payload)).toEqual(new Uint8Array(bytes(frame.payload_hex)));
    }
    if (frame.hex !== undefined) return;
    expect(message.join_ref).toEqual(frame.join_ref ?? null);
    expect(message.ref).toEqual(frame.ref ?? null);
    if (frame.payload !== undefined && !frame.status)
      expect(message.payload).toEqual(frame.payload);
    if (frame.status) expect(message.payload).toMatchObject({ status: frame.status });
  });
});
