import { useEffect } from 'react';
import { toast, Toaster } from 'sonner';
import { toasterIsThere } from '@/lib/notify';

const look =
  '!rounded-lg !border-line-strong !bg-raised !font-sans !text-ui !text-ink !shadow-float';

export default function Toasts() {
  // The toaster's own effects, which listen, ran before this one.
  useEffect(() => toasterIsThere(toast), []);
  return (
    <Toaster
      position="top-right"
      offset={{ top: 60, right: 16 }}
      mobileOffset={{ top: 60 }}
      toastOptions={{ className: look }}
    />
  );
}
