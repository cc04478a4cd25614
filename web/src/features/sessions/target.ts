/** Why a record is pointed at. */
export type Mark = 'link' | 'focus' | 'find';

/** A record that one wants to see. Each wish is an object of its own. */
export interface Target {
  id: string;
  why: Mark;
}
