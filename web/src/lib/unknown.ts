/** What agents send is read member by member; what has another form than expected is left out. */
export type Unknowns = Record<string, unknown>;

export function isRecord(value: unknown): value is Unknowns {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A count, or null: not told. */
export function countOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}

export function recordsOf(value: unknown): Unknowns[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
