import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Providers } from '@/app/providers';
import { ErrorBoundary } from '@/app/error-boundary';
import { catchTheRest } from '@/app/last-resort';
import { Router } from '@/app/router';
import { followKeyboard } from '@/lib/keyboard-inset';
import { offerNewBuild } from '@/app/service-worker';
import './index.css';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');

followKeyboard();
catchTheRest();
offerNewBuild();
createRoot(root).render(
  <StrictMode>
    <Providers>
      <ErrorBoundary>
        <Router />
      </ErrorBoundary>
    </Providers>
  </StrictMode>,
);
