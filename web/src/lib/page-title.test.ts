import { expect, it } from 'vitest';
import { setPageTitle, setTitleCount } from './page-title';

it('is the count of what asks for attention, the page, and the app', () => {
  setPageTitle('');
  expect(document.title).toBe('muster');
  setTitleCount(2);
  expect(document.title).toBe('(2) muster');
  setPageTitle('Fix the token refresh');
  expect(document.title).toBe('(2) Fix the token refresh · muster');
  setTitleCount(2, false);
  expect(document.title).toBe('(2?) Fix the token refresh · muster');
  setTitleCount(0, false);
  expect(document.title).toBe('Fix the token refresh · muster');
});
