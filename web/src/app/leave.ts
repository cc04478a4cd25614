/** This browser is signed out: nothing of what it knew stays on the screen. */
export function leave(): void {
  location.replace('/');
}
