import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Toaster } from 'sonner';
import { TooltipProvider } from '@/components/ui/tooltip';
import { keepViewForever } from '@/shared/rows/store';

export function makeQueryClient(): QueryClient {
  const client = new QueryClient({
    defaultOptions: { queries: { networkMode: 'always' }, mutations: { networkMode: 'always' } },
  });
  keepViewForever(client);
  return client;
}

export function Providers({ children }: { children: ReactNode }) {
  const [client] = useState(makeQueryClient);
  return (
    <QueryClientProvider client={client}>
      <TooltipProvider delayDuration={250} skipDelayDuration={200}>
        {children}
      </TooltipProvider>
      <Toaster
        position="bottom-right"
        toastOptions={{
          className:
            '!rounded-lg !border-line-strong !bg-raised !text-[13px] !text-ink !shadow-float',
        }}
      />
    </QueryClientProvider>
  );
}
