/** Says something once, in a corner. The toaster is loaded after the page (app/toasts.tsx). */
const show = (kind: 'error' | 'warning' | 'info', text: string) =>
  void import('sonner').then(({ toast }) => toast[kind](text));

export const notify = {
  error: (text: string) => show('error', text),
  warning: (text: string) => show('warning', text),
  info: (text: string) => show('info', text),
};
