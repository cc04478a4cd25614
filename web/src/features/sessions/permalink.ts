const PREFIX = '#m-';

/** The address of a message, on the page of its session. */
export function linkTo({ origin, pathname }: Pick<Location, 'origin' | 'pathname'>, id: string) {
  return `${origin}${pathname}${PREFIX}${encodeURIComponent(id)}`;
}

/** The message that an address names; null: none. */
export function linkedId(hash: string): string | null {
  if (!hash.startsWith(PREFIX)) return null;
  try {
    return decodeURIComponent(hash.slice(PREFIX.length)) || null;
  } catch {
    return null;
  }
}
