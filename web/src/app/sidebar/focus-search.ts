export const SEARCH_ID = 'sidebar-search';
export const LIST_ID = 'sidebar-list';

/** Puts the cursor into the search over names; false: the sidebar is not on the screen. */
export function focusSearch(): boolean {
  const field = document.getElementById(SEARCH_ID);
  if (!(field instanceof HTMLInputElement)) return false;
  field.focus();
  field.select();
  return true;
}

/** From the search into what it found. */
export function focusList(): void {
  document.querySelector<HTMLElement>(`#${LIST_ID} [data-row-link][tabindex="0"]`)?.focus();
}
