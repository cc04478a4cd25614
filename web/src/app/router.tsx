import { Suspense } from 'react';
import { BrowserRouter, Route, Routes } from 'react-router';
import { lazyPart } from '@/lib/part';
import { Layout } from './layout';
import { LostPage } from './lost-page';

const work = () => import('./work-pages');
const settings = () => import('./settings-page');

// Fetched at once, beside the list; the sidebar does not wait for it.
void (location.pathname.startsWith('/settings') ? settings() : work()).catch(() => undefined);

const ProjectPage = lazyPart(async () => ({ default: (await work()).ProjectPage }));
const SessionPage = lazyPart(async () => ({ default: (await work()).SessionPage }));
const HomePage = lazyPart(async () => ({ default: (await import('./home-page')).HomePage }));
const SettingsPage = lazyPart(settings);

export function Router() {
  return (
    <BrowserRouter>
      <Suspense fallback={null}>
        <Routes>
          <Route element={<Layout />}>
            <Route path="/" element={<HomePage />} />
            <Route path="/projects/:projectId" element={<ProjectPage />} />
            <Route path="/projects/:projectId/sessions/:sessionId" element={<SessionPage />} />
            <Route path="/settings/:section?" element={<SettingsPage />} />
            <Route path="*" element={<LostPage what="page" />} />
          </Route>
        </Routes>
      </Suspense>
    </BrowserRouter>
  );
}
