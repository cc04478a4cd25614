const escapes =
  /\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[[(#][0-9;?:<=>!]*[@-~0-9A-Za-z]?|\u001b[@-Z\\-_=>]/g;
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

/** Terminal output as plain text: colours and cursor moves go; a carriage return begins its line anew. */
export function stripAnsi(text: string): string {
  const plain = text.replace(escapes, '').replace(/\r+\n/g, '\n');
  return plain
    .replace(/^[^\n]*\r(?=[^\n])/gm, '')
    .replace(controls, '')
    .replace(/\r/g, '');
}
