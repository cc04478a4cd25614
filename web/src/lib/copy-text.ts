import { notify } from './notify';

/** Copies, and says whether that went well. */
export async function copyText(text: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    notify.info(done);
  } catch {
    notify.error('The browser does not let this page copy. Select the text and copy it by hand.');
  }
}
