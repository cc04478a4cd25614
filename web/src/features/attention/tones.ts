import type { NewsKind } from './news';

/** [Hz, begins after s] */
const tones: Record<NewsKind, readonly [number, number][]> = {
  needs_you: [
    [880, 0],
    [880, 0.16],
  ],
  failed: [
    [330, 0],
    [247, 0.16],
  ],
  finished: [
    [659, 0],
    [988, 0.12],
  ],
};
const LOUD = 0.12;
const LENGTH_S = 0.28;

let playing = false;

/** One short sound at a time. A browser that forbids sound before a click stays silent. */
export async function playTone(kind: NewsKind): Promise<void> {
  if (playing || typeof AudioContext === 'undefined') return;
  playing = true;
  const audio = new AudioContext();
  try {
    await within(audio.resume(), 500);
    if (audio.state !== 'running') return;
    const ended = tones[kind].map(([hertz, after]) =>
      note(audio, hertz, audio.currentTime + after),
    );
    await within(Promise.all(ended), 2_000);
  } finally {
    playing = false;
    await audio.close().catch(() => undefined);
  }
}

function note(audio: AudioContext, hertz: number, at: number): Promise<unknown> {
  const source = new OscillatorNode(audio, { frequency: hertz, type: 'sine' });
  const volume = new GainNode(audio, { gain: 0 });
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(LOUD, at + 0.01);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + LENGTH_S);
  source.connect(volume).connect(audio.destination);
  source.start(at);
  source.stop(at + LENGTH_S);
  return new Promise((resolve) => source.addEventListener('ended', resolve, { once: true }));
}

/** A device without a sound card may answer neither. */
function within(work: Promise<unknown>, ms: number): Promise<unknown> {
  return Promise.race([work, new Promise((resolve) => setTimeout(resolve, ms))]);
}
