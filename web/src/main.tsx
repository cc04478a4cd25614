import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Providers } from '@/app/providers';
import { Router } from '@/app/router';
import { followKeyboard } from '@/lib/keyboard-inset';
import './index.css';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');

followKeyboard();
createRoot(root).render(
  <StrictMode>
    <Providers>
      <Router />
    </Providers>
  </StrictMode>,
);
