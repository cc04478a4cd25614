/** Puts text on the clipboard; false: the browser does not allow it. */
export async function copyText(text: string | Promise<string>): Promise<boolean> {
  try {
    if (typeof text === 'string') await navigator.clipboard.writeText(text);
    // A browser allows it only with the click, so it is promised then and comes later.
    else await navigator.clipboard.write([new ClipboardItem({ 'text/plain': blob(text) })]);
    return true;
  } catch {
    return copyBySelection(await text);
  }
}

async function blob(text: Promise<string>): Promise<Blob> {
  return new Blob([await text], { type: 'text/plain' });
}

/** Where a page has no clipboard: without TLS, away from loopback. */
function copyBySelection(text: string): boolean {
  const before = document.activeElement;
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'sr-only';
  document.body.append(area);
  area.select();
  try {
    return document.execCommand('copy');
  } catch {
    return false;
  } finally {
    area.remove();
    if (before instanceof HTMLElement) before.focus();
  }
}
