import * as Primitive from '@radix-ui/react-dropdown-menu';
import { Check } from 'lucide-react';
import { createContext, type ReactNode, use, useRef } from 'react';
import { cn } from '@/lib/cn';

/** Does it when the menu is gone and its button has the focus again, so that a dialog returns it there. */
const Later = createContext((act: () => void) => act());

export interface MenuProps {
  trigger: ReactNode;
  children: ReactNode;
  align?: 'start' | 'end';
  side?: 'top' | 'bottom';
  /** Open from the beginning: it was made by the click on its button. */
  defaultOpen?: boolean;
}

export function Menu(props: MenuProps) {
  const { trigger, children, align = 'end', side = 'bottom', defaultOpen = false } = props;
  const chosen = useRef<(() => void) | null>(null);
  const onClosed = () => {
    if (chosen.current) queueMicrotask(chosen.current);
    chosen.current = null;
  };
  return (
    <Primitive.Root modal={false} defaultOpen={defaultOpen}>
      <Primitive.Trigger asChild>{trigger}</Primitive.Trigger>
      <Primitive.Portal>
        <Primitive.Content
          ref={defaultOpen ? focusFirst : undefined}
          align={align}
          side={side}
          sideOffset={4}
          collisionPadding={8}
          onCloseAutoFocus={onClosed}
          className="z-50 max-h-(--radix-dropdown-menu-content-available-height) max-w-[calc(100vw-1rem)] min-w-44 animate-rise overflow-y-auto rounded-lg border border-line-strong bg-raised p-1 shadow-float"
        >
          <Later value={(act) => (chosen.current = act)}>{children}</Later>
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}

/** Whose button was pressed before there was a menu goes on with its first item. */
function focusFirst(content: HTMLElement | null): void {
  content?.querySelector<HTMLElement>('[role^=menuitem]')?.focus({ preventScroll: true });
}

const item =
  'flex w-full items-center gap-2 rounded-md px-2 py-1.5 text-ui outline-none select-none data-[highlighted]:bg-hover data-[disabled]:cursor-default data-[disabled]:text-ink-3';

export interface ItemProps {
  onSelect: () => void;
  icon?: ReactNode;
  danger?: boolean;
  children: ReactNode;
}

export function MenuSeparator() {
  return <Primitive.Separator className="mx-1 my-1 h-px bg-line" />;
}

export function MenuItem({ onSelect, icon, danger = false, children }: ItemProps) {
  const later = use(Later);
  return (
    <Primitive.Item onSelect={() => later(onSelect)} className={cn(item, danger && 'text-danger')}>
      {icon}
      {children}
    </Primitive.Item>
  );
}

export const MenuRadioGroup = Primitive.RadioGroup;

export function MenuLabel({ children }: { children: ReactNode }) {
  return (
    <Primitive.Label className="px-2 pt-1.5 pb-0.5 text-tiny text-ink-3">
      {children}
    </Primitive.Label>
  );
}

export interface RadioProps {
  value: string;
  disabled?: boolean;
  icon?: ReactNode;
  children: ReactNode;
}

export function MenuRadioItem({ value, disabled = false, icon, children }: RadioProps) {
  return (
    <Primitive.RadioItem value={value} disabled={disabled} className={item}>
      {icon}
      <span className="min-w-0 grow">{children}</span>
      <Primitive.ItemIndicator>
        <Check className="size-3.5 text-accent-text" aria-hidden />
      </Primitive.ItemIndicator>
    </Primitive.RadioItem>
  );
}
