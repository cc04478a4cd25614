import { lazy, Suspense } from 'react';
import { BrowserRouter, Route, Routes } from 'react-router';
import { Layout } from './layout';
import { LostPage } from './lost-page';

// Fetched at once, beside the list; the sidebar does not wait for them.
const project = import('./project-page');
const session = import('./session-page');
const ProjectPage = lazy(async () => ({ default: (await project).ProjectPage }));
const SessionPage = lazy(async () => ({ default: (await session).SessionPage }));

const HomePage = lazy(async () => ({ default: (await import('./home-page')).HomePage }));
const SettingsPage = lazy(() => import('./settings-page'));

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
