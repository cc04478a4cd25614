// @vitest-environment node
import { expect, it } from 'vitest';
import { session, withSessions } from '@/test/rows';
import { placeOf } from './places';
import { dropRows, findSession, putSession, type Rows } from './rows';

const rows: Rows = [withSessions({ id: 'p1' }, session({ id: 'a' }), session({ id: 'b' }))];
const c = session({ id: 'c' });
const d = session({ id: 'd' });

it('finds in each of two lists that began as one what stands there, and nothing of the other', () => {
  const one = putSession(rows, c);
  const other = putSession(putSession(rows, d), c);
  expect(placeOf(one, 'c')).toEqual([0, 2]);
  expect(placeOf(other, 'c')).toEqual([0, 3]);
  expect(placeOf(one, 'd')).toBeUndefined();
  expect(placeOf(rows, 'c')).toBeUndefined();
  expect(findSession(rows, 'b')?.id).toBe('b');
});

it('finds what moved up when one before it was dropped', () => {
  const left = dropRows(putSession(rows, c), [], ['a']);
  expect(placeOf(left, 'c')).toEqual([0, 1]);
  expect(findSession(left, 'a')).toBeUndefined();
});
