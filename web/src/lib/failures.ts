import { MutationCache } from '@tanstack/react-query';
import { messageOf } from './errors';
import { notify } from './notify';

/**
 * What did not happen, as a sentence; the reason is put after it. null: whoever called says it, in the
 * place where it belongs.
 */
type Failed = string | null | ((variables: never) => string | null);

declare module '@tanstack/react-query' {
  interface Register {
    mutationMeta: { failed: Failed };
  }
}

const said = new WeakSet<object>();

/** Whether a person was told already: then nobody else tells it. */
export function isSaid(error: unknown): boolean {
  return typeof error === 'object' && error !== null && said.has(error);
}

/** The one place that says what a change has come to; every mutation names its `meta.failed`. */
export function makeMutationCache(): MutationCache {
  return new MutationCache({
    onError: (error, variables, _result, { meta }) => {
      const { failed = '' } = meta ?? {};
      const text = typeof failed === 'function' ? failed(variables as never) : failed;
      if (text === null) return;
      said.add(error);
      notify.error(`${text} ${messageOf(error)}`.trim());
    },
  });
}
