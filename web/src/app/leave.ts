import { lastKnown } from '@/features/last-known/last-known';

/** What this browser keeps of the list goes with its right to see it. */
export async function forgetEverything(): Promise<void> {
  await lastKnown.forget();
}

/** This browser is signed out: nothing of what it knew stays on the screen. */
export async function leave(): Promise<void> {
  await forgetEverything();
  location.replace('/');
}
