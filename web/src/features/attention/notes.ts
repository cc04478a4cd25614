import type { Rows } from '@/shared/rows/rows';
import { type News, type NewsKind, newsKinds } from './news';

/** A notification: what it says, what it stands for, and where it leads. */
export interface Note {
  /** A new one replaces the old one of the same tag. */
  tag: string;
  title: string;
  body: string;
  path: string;
  news: readonly News[];
}

/** More than this at once become one. */
export const SINGLE_NOTES = 2;
const REASON_CHARS = 160;

export const sessionTag = (id: string) => `muster:session:${id}`;
export const SUMMARY_TAG = 'muster:summary';

const titles: Record<NewsKind, string> = {
  needs_you: 'needs you',
  failed: 'failed',
  finished: 'finished',
};

export function notesOf(news: readonly News[], rows: Rows): Note[] {
  if (news.length > SINGLE_NOTES) return [summary(news)];
  return news.map((one) => ({
    tag: sessionTag(one.session.id),
    title: `${one.session.name} ${titles[one.kind]}`,
    body: [reasonOf(one), projectName(one, rows)].filter((part) => part !== '').join('\n'),
    path: pathOf(one),
    news: [one],
  }));
}

function summary(news: readonly News[]): Note {
  const of = (kind: NewsKind) => news.filter((one) => one.kind === kind);
  const counts = newsKinds.flatMap((kind) => {
    const count = of(kind).length;
    if (count === 0) return [];
    return [kind === 'needs_you' && count > 1 ? `${count} need you` : `${count} ${titles[kind]}`];
  });
  const first = newsKinds.flatMap(of)[0];
  return {
    tag: SUMMARY_TAG,
    title: `${news.length} sessions have news`,
    body: counts.join(', '),
    path: first ? pathOf(first) : '/',
    news,
  };
}

const pathOf = ({ session }: News) => `/projects/${session.project_id}/sessions/${session.id}`;

function projectName({ session }: News, rows: Rows): string {
  return rows.find((project) => project.id === session.project_id)?.name ?? '';
}

function reasonOf({ kind, session }: News): string {
  if (kind === 'needs_you')
    return session.waiting_for === 'question' ? 'It asks a question.' : 'It asks for a permission.';
  if (kind === 'finished') return '';
  const line = session.error_message?.split('\n')[0] ?? '';
  return line.length > REASON_CHARS ? `${line.slice(0, REASON_CHARS)}…` : line;
}
