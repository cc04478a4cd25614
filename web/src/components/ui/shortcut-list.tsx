import { shortcuts } from '@/lib/shortcuts';
import { Keys } from './keys';

const groups = ['Go to', 'Do', 'Page'] as const;

/** Every shortcut with its keys. */
export function ShortcutList() {
  return (
    <div className="mt-3 flex flex-col gap-4 text-ui">
      {groups.map((group) => (
        <section key={group} aria-label={group}>
          <h3 className="text-xs font-medium text-ink-3">{group}</h3>
          <dl className="mt-1 divide-y divide-line">
            {Object.values(shortcuts)
              .filter((shortcut) => shortcut.group === group)
              .map(({ keys, label }) => (
                <div
                  key={label}
                  className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 py-1.5"
                >
                  <dt>{label}</dt>
                  <dd className="flex flex-wrap items-center gap-1.5 text-xs text-ink-3">
                    {keys.map((chord, nth) => (
                      <span key={chord} className="inline-flex items-center gap-1.5">
                        {nth > 0 && 'or'}
                        <Keys chord={chord} />
                      </span>
                    ))}
                  </dd>
                </div>
              ))}
          </dl>
        </section>
      ))}
      <p className="text-xs text-ink-3">A key without a modifier works where you are not typing.</p>
    </div>
  );
}
