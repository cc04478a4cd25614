import { SquarePen } from 'lucide-react';
import { Button } from '@/components/ui/button';
import { withShortcut } from '@/lib/shortcuts';

interface Props {
  onClick: () => void;
  className?: string;
  iconOnly?: boolean;
}

/** There is one on the page at a time: in the sidebar, or on a phone in the bar above. */
export function NewSessionButton({ iconOnly = false, ...rest }: Props) {
  return (
    <Button
      look={iconOnly ? 'ghost' : 'secondary'}
      data-testid="new-session-button"
      aria-label="New session"
      {...withShortcut('newSession', 'New session')}
      {...rest}
    >
      <SquarePen aria-hidden className="size-3.5" />
      {!iconOnly && 'New session'}
    </Button>
  );
}
