import { describe, expect, it } from 'vitest';
import { completed, fitting, meantPath, takeApart } from './path-text';

const entries = (...names: string[]) => names.map((name) => ({ name, path: `/home/me/${name}` }));
const names = (all: { name: string }[]) => all.map(({ name }) => name);

describe('a path that is typed', () => {
  it.each([
    ['', null, ''],
    ['code', null, ''],
    ['~', '~', ''],
    ['~/', '~', ''],
    ['~/co', '~', 'co'],
    ['/', '/', ''],
    ['/ho', '/', 'ho'],
    ['/home/me/', '/home/me', ''],
    [' /home/me/c', '/home/me', 'c'],
  ])('%o is looked for in %o, beginning with %o', (typed, directory, partial) => {
    expect(takeApart(typed)).toEqual({ directory, partial });
  });

  it('fits what begins so, then what contains it; hidden ones only after a dot', () => {
    const all = entries('recode', 'code', '.config', 'other');
    expect(names(fitting(all, 'CO'))).toEqual(['code', 'recode']);
    expect(names(fitting(all, ''))).toEqual(['recode', 'code', 'other']);
    expect(names(fitting(all, '.c'))).toEqual(['.config']);
  });

  it('is completed as far as it is clear', () => {
    const all = entries('website', 'webshop', 'notes');
    expect(completed('~/no', all)).toBe('~/notes/');
    expect(completed('/home/me/w', all)).toBe('/home/me/webs');
    expect(completed('/home/me/webs', all)).toBe('/home/me/webs');
    expect(completed('/home/me/shop', all)).toBe('/home/me/webshop/');
    expect(completed('/home/me/zzz', all)).toBe('/home/me/zzz');
    expect(completed('/n', entries('n'))).toBe('/n/');
  });

  it('is meant without the slash at its end', () => {
    expect(meantPath('/home/me/ ')).toBe('/home/me');
    expect(meantPath('/')).toBe('/');
    expect(meantPath('~/code//')).toBe('~/code');
  });
});
