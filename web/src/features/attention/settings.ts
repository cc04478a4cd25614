import { isRecord } from '@/lib/unknown';
import { type News, type NewsKind, newsKinds } from './news';

export type Channel = 'notify' | 'sound';

/** What this browser does at which event, where a session says nothing else. */
export type Settings = Record<Channel, Record<NewsKind, boolean>>;

/** What one session may interrupt with: `default` is what the settings say. */
export const levels = ['default', 'all', 'needs_you', 'none'] as const;
export type Level = (typeof levels)[number];

export const defaultSettings: Settings = {
  notify: { needs_you: true, failed: true, finished: true },
  sound: { needs_you: false, failed: false, finished: false },
};

export function wants(settings: Settings, level: Level, channel: Channel, kind: NewsKind): boolean {
  switch (level) {
    case 'none':
      return false;
    case 'needs_you':
      return kind === 'needs_you' && (channel === 'notify' || settings.sound[kind]);
    case 'all':
      return channel === 'notify' || settings.sound[kind];
    case 'default':
      return settings[channel][kind];
  }
}

/** Which news are shown, and the one sound that goes with them: the most urgent one's. */
export function chosen(news: readonly News[], settings: Settings, levelOf: (id: string) => Level) {
  const wanted = (channel: Channel) =>
    news.filter(({ kind, session }) => wants(settings, levelOf(session.id), channel, kind));
  const loud = new Set(wanted('sound').map(({ kind }) => kind));
  return { notify: wanted('notify'), sound: newsKinds.find((kind) => loud.has(kind)) ?? null };
}

/** What was stored, member by member; what has another form is as by default. */
export function parseSettings(text: string | null): Settings {
  const stored = parse(text);
  const read = (channel: Channel) => {
    const part = isRecord(stored[channel]) ? stored[channel] : {};
    const of = (kind: NewsKind) => {
      const value = part[kind];
      return typeof value === 'boolean' ? value : defaultSettings[channel][kind];
    };
    return { needs_you: of('needs_you'), failed: of('failed'), finished: of('finished') };
  };
  return { notify: read('notify'), sound: read('sound') };
}

export function parseLevels(text: string | null): ReadonlyMap<string, Level> {
  return new Map(
    Object.entries(parse(text)).flatMap(([id, value]): [string, Level][] => {
      const level = levels.find((one) => one === value);
      return level && level !== 'default' ? [[id, level]] : [];
    }),
  );
}

function parse(text: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}
