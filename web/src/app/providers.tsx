import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { TooltipProvider } from '@/components/ui/tooltip';
import { makeMutationCache } from '@/lib/failures';
import { lazyPart } from '@/lib/part';
import { keepViewForever } from '@/shared/rows/store';
import { Later } from './later';

const Toasts = lazyPart(() => import('./toasts'));

export function makeQueryClient(): QueryClient {
  const client = new QueryClient({
    mutationCache: makeMutationCache(),
    defaultOptions: { queries: { networkMode: 'always' }, mutations: { networkMode: 'always' } },
  });
  keepViewForever(client);
  return client;
}

export function Providers({ children }: { children: ReactNode }) {
  const [client] = useState(makeQueryClient);
  return (
    <QueryClientProvider client={client}>
      <TooltipProvider delayDuration={250}>{children}</TooltipProvider>
      <Later>
        <Toasts />
      </Later>
    </QueryClientProvider>
  );
}
