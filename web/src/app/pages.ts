/** The pages that are split from the sidebar's code. */
export { ProjectPage } from './project-page';
export { SessionPage } from './session-page';
