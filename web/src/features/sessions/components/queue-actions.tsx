import { Ellipsis, type LucideIcon } from 'lucide-react';
import { type MouseEvent, useLayoutEffect, useRef } from 'react';
import { IconButton } from '@/components/ui/button';
import { Menu, MenuItem } from '@/components/ui/menu';

export interface QueueAction {
  label: string;
  icon: LucideIcon;
  run: () => void;
  /** There is nowhere to move it. */
  never?: boolean;
}

interface Props {
  actions: readonly QueueAction[];
  /** A change is on its way: nothing else is begun. */
  busy: boolean;
  place: number;
}

/** What can be done with a queued prompt: a button each, and where a finger presses, a menu. */
export function QueueActions({ actions, busy, place }: Props) {
  const pressed = useRef<HTMLElement | null>(null);
  useLayoutEffect(() => {
    // A row that goes elsewhere in the page loses the focus on its way.
    const button = pressed.current;
    pressed.current = null;
    if (document.activeElement !== document.body) return;
    button?.focus();
    if (document.activeElement === document.body) nearest(button)?.focus();
  }, [place]);
  const press = (event: MouseEvent<HTMLElement>, run: () => void) => {
    if (busy) return;
    pressed.current = event.currentTarget;
    run();
  };
  return (
    <>
      {actions.map(({ label, icon: Icon, run, never = false }) => (
        <IconButton
          key={label}
          label={label}
          disabled={never}
          aria-disabled={busy || undefined}
          onClick={(event) => press(event, run)}
          className="size-6 aria-disabled:opacity-50 pointer-coarse:hidden"
        >
          <Icon aria-hidden className="size-3.5" />
        </IconButton>
      ))}
      <Menu
        trigger={
          <IconButton label="Actions for this prompt" className="size-11 not-pointer-coarse:hidden">
            <Ellipsis aria-hidden className="size-4" />
          </IconButton>
        }
      >
        {actions.map(
          ({ label, icon: Icon, run, never }) =>
            !never && (
              <MenuItem
                key={label}
                icon={<Icon aria-hidden className="size-3.5" />}
                onSelect={() => busy || run()}
              >
                {label}
              </MenuItem>
            ),
        )}
      </Menu>
    </>
  );
}

/** At an end of the list the button that led there is off. */
function nearest(button: HTMLElement | null): HTMLElement | null | undefined {
  return button?.parentElement?.querySelector<HTMLElement>('button:not(:disabled)');
}
