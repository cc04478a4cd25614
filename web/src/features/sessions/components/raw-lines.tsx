import { useQuery } from '@tanstack/react-query';
import { Dialog } from '@/components/ui/dialog';
import { request } from '@/lib/api';
import { messageOf } from '@/lib/errors';
import type { RawLine } from '@/shared/websocket';
import { sizeText } from '../images';
import { rawKeys } from '../queries';
import { CodeBlock } from './code-block';

/** The lines of the agent's protocol that a record was made from. Fetched when one looks. */
export default function RawLines({ id, onClose }: { id: string; onClose: () => void }) {
  const { data, error } = useQuery({
    queryKey: rawKeys.of(id),
    queryFn: ({ signal }) => request('raw_lines', { id, signal }),
    retry: false,
    gcTime: 0,
  });
  return (
    <Dialog open wide onOpenChange={onClose} title="The agent’s own lines">
      <div className="mt-3 space-y-3" aria-busy={!data && !error}>
        {error && (
          <p role="alert" className="text-ui text-danger">
            They did not load. {messageOf(error)}
          </p>
        )}
        {data?.lines.length === 0 && (
          <p className="text-ui text-ink-3">None are kept for this record.</p>
        )}
        {data?.lines.map((line, index) => (
          <Line key={index} line={line} place={index + 1} count={data.lines.length} />
        ))}
      </div>
    </Dialog>
  );
}

function Line({ line, place, count }: { line: RawLine; place: number; count: number }) {
  return (
    <section aria-label={`Line ${place} of ${count}`}>
      <p className="mb-1 text-tiny text-ink-3">
        Line {place} of {count}, {sizeText(line.bytes)}
        {line.cut && '; only its beginning is kept'}
      </p>
      <CodeBlock code={pretty(line)} language="json" />
    </section>
  );
}

function pretty({ line, cut }: RawLine): string {
  if (cut) return line;
  try {
    return JSON.stringify(JSON.parse(line), null, 2);
  } catch {
    return line;
  }
}
