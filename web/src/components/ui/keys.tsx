import { keyCaps } from '@/lib/shortcuts';

/** The keys of a chord, as they are printed. */
export function Keys({ chord }: { chord: string }) {
  return (
    <span className="inline-flex gap-0.5">
      {keyCaps(chord).map((cap) => (
        <kbd
          key={cap}
          className="inline-flex h-5 min-w-5 items-center justify-center rounded border border-line-strong bg-sunken px-1 font-sans text-tiny text-ink-2"
        >
          {cap}
        </kbd>
      ))}
    </span>
  );
}
