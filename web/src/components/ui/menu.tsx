import {
  cloneElement,
  type ComponentProps,
  createElement,
  type ElementType,
  type KeyboardEvent,
  type ReactElement,
  type ReactNode,
  Suspense,
  useState,
} from 'react';
import { lazyPart } from '@/lib/part';
import type * as MenuParts from './menu-parts';

type Parts = typeof MenuParts;

let loaded: Parts | undefined;
const parts = async () => (loaded ??= await import('./menu-parts'));
const MenuBody = lazyPart(async () => ({ default: (await parts()).Menu }));

/**
 * What stands in a menu is rendered by it, so its part is here by then. Were each part fetched for
 * itself, the first item that comes into an open menu would suspend, and so close it.
 */
const part =
  <K extends Exclude<keyof Parts, 'Menu'>>(name: K) =>
  (props: ComponentProps<Parts[K]>) => {
    if (!loaded) throw new Error(`${name} stands outside of a menu.`);
    return createElement(loaded[name] as ElementType, props);
  };

export const MenuItem = part('MenuItem');
export const MenuSeparator = part('MenuSeparator');
export const MenuLabel = part('MenuLabel');
export const MenuRadioGroup = part('MenuRadioGroup');
export const MenuRadioItem = part('MenuRadioItem');

/** Fetches what menus are made of, before one is asked for. */
export const preloadMenu = () => void parts().catch(() => undefined);

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
