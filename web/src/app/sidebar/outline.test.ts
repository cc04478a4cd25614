// @vitest-environment node
import { describe, expect, it } from 'vitest';
import type { FilterKind } from '@/features/sessions/tally';
import type { Rows } from '@/shared/rows/rows';
import { session, withSessions } from '@/test/rows';
import { dropOn } from './drop';
import { type Looked, outlineOf } from './outline';

const then = '2026-01-01T00:00:00.000Z';
const at = (id: string, position: number, fields = {}) =>
  session({ id, name: id, position, ...fields });
const rows: Rows = [
  withSessions(
    { id: 'web', name: 'Web', position: 1 },
    at('login', 3, { state: 'error', project_id: 'web' }),
    at('tests', 2, { state: 'working', last_seq: 2, project_id: 'web' }),
    at('old', 1, { archived_at: then, project_id: 'web' }),
  ),
  withSessions(
    { id: 'api', name: 'Api', position: 2 },
    at('star', 2, { pinned_at: then, project_id: 'api' }),
    at('routes', 1, { project_id: 'api' }),
  ),
  withSessions({ id: 'bare', name: 'Bare', position: 3 }),
  withSessions({ id: 'gone', name: 'Gone', position: 4, archived_at: then }),
];
const plain: Looked = { filters: new Set(), archived: false, search: '', collapsed: new Set() };
const keys = (view: Partial<Looked>) =>
  outlineOf(rows, { ...plain, ...view }).map((one) => one.key);
const filters = (...kinds: FilterKind[]) => ({ filters: new Set(kinds) });

describe('the lines', () => {
  it.each<[string, Partial<Looked>, string]>([
    ['all', {}, 'pinned star web login tests api routes bare empty:bare'],
    ['closed', { collapsed: new Set(['web', 'bare']) }, 'pinned star web api routes bare'],
    [
      'a filter, also in what is closed',
      { ...filters('error'), collapsed: new Set(['web']) },
      'web login',
    ],
    ['any of two filters', filters('error', 'unread'), 'web login tests'],
    ['what has the focus', { ...filters('error'), kept: ['routes'] }, 'web login api routes'],
    ['a search in sessions', { search: ' OG ' }, 'web login'],
    ['a search in projects', { search: 'api' }, 'pinned star api routes'],
    ['a search in both', { search: 'web te' }, 'web tests'],
    ['a search for a project with nothing in it', { search: 'bar' }, 'bare'],
    ['a search and a filter', { ...filters('working'), search: 'log' }, ''],
    ['the archive', { archived: true }, 'web old gone'],
  ])('%s', (_what, view, expected) => {
    expect(keys(view).join(' ')).toBe(expected);
  });
});

describe('a line is let go over another', () => {
  const entries = outlineOf(rows, plain);
  const drop = (id: string, over: string, lower: boolean) => {
    const dragged = entries.find((one) => one.key === id);
    const line = entries.findIndex((one) => one.key === over);
    return dragged ? dropOn(rows, entries, dragged, { line, lower }) : null;
  };

  it.each([
    ['tests', 'login', false, { after: null }],
    ['login', 'tests', true, { after: 'tests' }],
    ['login', 'routes', false, { project_id: 'api', after: null }],
    ['login', 'routes', true, { project_id: 'api', after: 'routes' }],
    ['login', 'api', false, { project_id: 'api', after: null }],
    ['login', 'empty:bare', true, { project_id: 'bare', after: null }],
    ['bare', 'web', false, { after: null }],
    ['web', 'routes', true, { after: 'api' }],
    ['bare', 'tests', true, { after: 'web' }],
  ])('%s over %s (lower half: %s)', (id, over, lower, body) => {
    expect(drop(id, over, lower)?.move.body).toEqual(body);
  });

  it('and stays where it would stand already, or cannot stand', () => {
    expect(drop('login', 'tests', false)).toBeNull();
    expect(drop('login', 'star', true)).toBeNull();
    expect(drop('login', 'pinned', true)).toBeNull();
    expect(drop('web', 'web', true)).toBeNull();
    expect(drop('web', 'api', false)).toBeNull();
  });
});
