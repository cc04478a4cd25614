import { Toaster } from 'sonner';

const look =
  '!rounded-lg !border-line-strong !bg-raised !font-sans !text-ui !text-ink !shadow-float';

export default function Toasts() {
  return (
    <Toaster
      position="top-right"
      offset={{ top: 60, right: 16 }}
      mobileOffset={{ top: 60 }}
      toastOptions={{ className: look }}
    />
  );
}
