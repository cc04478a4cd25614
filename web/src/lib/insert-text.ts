/** Puts a text in the place of a part of a field, as if it were typed: the field's own undo knows it. */
export function insertText(
  field: HTMLTextAreaElement,
  start: number,
  end: number,
  text: string,
): void {
  field.focus();
  field.setSelectionRange(start, end);
  // Deprecated, and the only way that the browser's undo follows.
  if (document.execCommand?.('insertText', false, text)) return;
  const whole = field.value;
  const { set } = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value') ?? {};
  set?.call(field, whole.slice(0, start) + text + whole.slice(end));
  field.setSelectionRange(start + text.length, start + text.length);
  field.dispatchEvent(new Event('input', { bubbles: true }));
}
