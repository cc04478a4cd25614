const APP = 'muster';

let name = '';
let count = '';

/** The tab's title: how many sessions ask for attention, then the page, then the app. */
function show(): void {
  const page = name === '' ? APP : `${name} · ${APP}`;
  document.title = count === '' ? page : `(${count}) ${page}`;
}

/** What the page on the screen is called; '': the app itself. */
export function setPageTitle(next: string): void {
  name = next;
  show();
}

/** `verified`: the server vouches for it now. */
export function setTitleCount(next: number, verified = true): void {
  count = next === 0 ? '' : `${next}${verified ? '' : '?'}`;
  show();
}
