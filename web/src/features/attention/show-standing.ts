import { setTitleCount } from '@/lib/page-title';
import type { Standing } from './standing';

type Dot = Exclude<Standing['icon'], 'idle'>;

const dots: Record<Dot, string> = {
  needs_you: '#f59e0b',
  failed: '#dc2626',
  done: '#16a34a',
  working: '#38bdf8',
  unverified: '#8b8d98',
};

const mark =
  '<rect width="32" height="32" rx="8" fill="#4f5bd5"/><path d="M8 22V11.5L16 19l8-7.5V22" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/>';

/** The mark with a dot in its corner. Not a file: the icon must change while the server is away, too. */
export function iconUrl(icon: Dot): string {
  const dot = `<circle cx="24" cy="24" r="8" fill="${dots[icon]}" stroke="#fff" stroke-width="2.5"/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${mark}${dot}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

const PLAIN = '/favicon.svg';

/** What a page shows that has just been loaded. */
let shown: Standing = { count: 0, icon: 'idle' };

/** The tab's title and icon, and the number on an installed app. */
export function showStanding(standing: Standing): void {
  if (standing.count === shown.count && standing.icon === shown.icon) return;
  shown = standing;
  setTitleCount(standing.count, standing.icon !== 'unverified');
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"][type="image/svg+xml"]');
  if (link) {
    link.href = standing.icon === 'idle' ? PLAIN : iconUrl(standing.icon);
    link.dataset.state = standing.icon;
  }
  // Only an installed app has one.
  navigator.setAppBadge?.(standing.count).catch(() => undefined);
}
