const APP = 'muster';

let name = '';
let count = 0;

/** The tab's title: how many sessions ask for attention, then the page, then the app. */
function show(): void {
  const page = name === '' ? APP : `${name} · ${APP}`;
  document.title = count > 0 ? `(${count}) ${page}` : page;
}

/** What the page on the screen is called; '': the app itself. */
export function setPageTitle(next: string): void {
  name = next;
  show();
}

export function setTitleCount(next: number): void {
  count = next;
  show();
}
