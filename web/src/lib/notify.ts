import type { toast as ToastFunction } from 'sonner';

type Toast = typeof ToastFunction;

let isThere: (toast: Toast) => void;
/** The toaster is made after the page (app/toasts.tsx): what is said before waits for it. */
const toaster = new Promise<Toast>((resolve) => {
  isThere = resolve;
});

export const toasterIsThere = (toast: Toast) => isThere(toast);

/** Says something once, in a corner: while a text stands there, the same text is not added to it. */
const show = (kind: 'error' | 'warning' | 'info', text: string) =>
  void toaster.then((toast) => toast[kind](text, { id: `${kind}: ${text}` }));

export const notify = {
  error: (text: string) => show('error', text),
  warning: (text: string) => show('warning', text),
  info: (text: string) => show('info', text),
  /** With a button; it stays until somebody has read it. */
  action: (text: string, label: string, onClick: () => void) =>
    void toaster.then((toast) =>
      toast(text, { id: text, action: { label, onClick }, duration: Infinity, closeButton: true }),
    ),
  /** With a button that takes it back; it stays until the function that it returns is called. */
  undo: (text: string, onUndo: () => void): (() => void) => {
    const id = crypto.randomUUID();
    const action = { label: 'Undo', onClick: onUndo };
    const shown = toaster.then((toast) => {
      toast(text, { id, action, duration: Infinity, dismissible: false });
      return () => void toast.dismiss(id);
    });
    return () => void shown.then((dismiss) => dismiss());
  },
};
