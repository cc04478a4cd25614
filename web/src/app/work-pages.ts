/** Where one works. They share most of what they are made of, so they come as one file. */
export { ProjectPage } from './project-page';
export { SessionPage } from './session-page';
