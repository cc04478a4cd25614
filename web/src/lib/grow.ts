/** Longer than any screen: it need not be measured, which takes long. */
const LONG_CHARS = 20_000;
const MOST = 0.4;

/** Makes a field as high as its text, up to a part of the window. */
export function grow(field: HTMLTextAreaElement, text: string): void {
  const most = window.innerHeight * MOST;
  if (text.length > LONG_CHARS) {
    field.style.height = `${most}px`;
    return;
  }
  field.style.height = 'auto';
  field.style.height = `${Math.min(field.scrollHeight, most)}px`;
}
