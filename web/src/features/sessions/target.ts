import type { Mark } from './components/record';

/** A record that one wants to see. Each wish is an object of its own. */
export interface Target {
  id: string;
  why: Mark;
}
