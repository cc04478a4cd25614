/** A place to type in, which has its own use for keys; the composer's field is not meant. */
export function isOtherField(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  const field = target.closest('input, textarea, select, [contenteditable="true"]');
  return field !== null && !field.hasAttribute('data-composer');
}
