import { createBrowserRouter } from 'react-router';
import { Layout } from './layout';
import { HomePage } from './home-page';
import { LostPage } from './lost-page';
import { ProjectPage } from './project-page';
import { SessionPage } from './session-page';

export const makeRouter = () =>
  createBrowserRouter([
    {
      element: <Layout />,
      children: [
        { path: '/', element: <HomePage /> },
        { path: '/projects/:projectId', element: <ProjectPage /> },
        { path: '/projects/:projectId/sessions/:sessionId', element: <SessionPage /> },
        { path: '*', element: <LostPage what="page" /> },
      ],
    },
  ]);
