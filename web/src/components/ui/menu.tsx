import {
  cloneElement,
  type ComponentProps,
  type KeyboardEvent,
  lazy,
  type ReactElement,
  type ReactNode,
  Suspense,
  useState,
} from 'react';
import type * as MenuParts from './menu-parts';

type Parts = typeof MenuParts;

const parts = () => import('./menu-parts');
const part = <K extends keyof Parts>(name: K) =>
  lazy(async () => ({ default: (await parts())[name] }));

const MenuBody = part('Menu');
export const MenuItem = part('MenuItem');
export const MenuSeparator = part('MenuSeparator');
export const MenuLabel = part('MenuLabel');
export const MenuRadioGroup = part('MenuRadioGroup');
export const MenuRadioItem = part('MenuRadioItem');

/** Fetches what menus are made of, before one is asked for. */
export const preloadMenu = () => void parts();

interface Props {
  trigger: ReactElement<ComponentProps<'button'>>;
  children: ReactNode;
  align?: 'start' | 'end';
  side?: 'top' | 'bottom';
  defaultOpen?: boolean;
}

/** A page has hundreds of menus and opens few: until the first click there is only the button. */
export function Menu({ trigger, defaultOpen = false, ...rest }: Props) {
  const [made, setMade] = useState(defaultOpen);
  const button = cloneElement(trigger, {
    'aria-haspopup': 'menu',
    'aria-expanded': false,
    onPointerEnter: preloadMenu,
    onFocus: preloadMenu,
    onClick: () => setMade(true),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== 'ArrowDown') return;
      event.preventDefault();
      setMade(true);
    },
  });
  if (!made) return button;
  return (
    <Suspense fallback={button}>
      <MenuBody trigger={trigger} defaultOpen {...rest} />
    </Suspense>
  );
}
