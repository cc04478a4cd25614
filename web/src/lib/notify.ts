/** Says something once, in a corner. The toaster is loaded after the page (app/toasts.tsx). */
const show = (kind: 'error' | 'warning' | 'info', text: string) =>
  void import('sonner').then(({ toast }) => toast[kind](text));

export const notify = {
  error: (text: string) => show('error', text),
  warning: (text: string) => show('warning', text),
  info: (text: string) => show('info', text),
  /** With a button that takes it back; it stays until the function that it returns is called. */
  undo: (text: string, onUndo: () => void): (() => void) => {
    const id = crypto.randomUUID();
    const action = { label: 'Undo', onClick: onUndo };
    const shown = import('sonner').then(({ toast }) => {
      toast(text, { id, action, duration: Infinity, dismissible: false });
      return () => void toast.dismiss(id);
    });
    return () => void shown.then((dismiss) => dismiss());
  },
};
