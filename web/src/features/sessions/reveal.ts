import { createContext, use } from 'react';

/** What is looked for stands in this record: its folds open, nothing of it is left out. */
export const Reveal = createContext(false);

export const useReveal = () => use(Reveal);
