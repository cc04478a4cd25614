import { LoaderCircle, SlidersHorizontal } from 'lucide-react';
import { Menu, MenuLabel, MenuRadioGroup, MenuRadioItem } from '@/components/ui/menu';
import type { SessionResponse } from '@/shared/websocket';
import { useSetOption } from '../mutations';
import { currentName, type OptionMenu, optionMenus } from '../options';

interface Props {
  session: SessionResponse;
  dialect: string | undefined;
}

/** What a session runs with, and what it can be switched to. */
export function SessionOptions({ session, dialect }: Props) {
  const setOption = useSetOption(session);
  const menus = optionMenus(session, dialect);
  if (menus.length === 0) return null;
  const said = menus.map((menu) => `${menu.label}: ${currentName(menu) || 'as the agent is set'}`);
  const short = menus.map(currentName).filter((name) => name !== '');
  const trigger = (
    <button
      type="button"
      data-testid="session-options"
      aria-label={`Options. ${said.join('. ')}`}
      aria-busy={setOption.isPending}
      title={said.join('\n')}
      className="inline-flex h-7 min-w-7 pointer-coarse:h-11 pointer-coarse:min-w-11 shrink-0 items-center justify-center gap-1.5 rounded-md px-1.5 text-xs text-ink-2 hover:bg-hover hover:text-ink"
    >
      {setOption.isPending ? (
        <LoaderCircle aria-hidden className="size-3.5 animate-spin" />
      ) : (
        <SlidersHorizontal aria-hidden className="size-3.5" />
      )}
      <span className="hidden max-w-40 truncate lg:inline">{short.join(' · ')}</span>
    </button>
  );
  return (
    <Menu trigger={trigger}>
      {menus.map((menu) => (
        <Choices
          key={menu.key}
          menu={menu}
          disabled={setOption.isPending}
          onChoose={(id) => setOption.mutate({ key: menu.key, id, label: menu.label })}
        />
      ))}
    </Menu>
  );
}

interface ChoicesProps {
  menu: OptionMenu;
  disabled: boolean;
  onChoose: (id: string) => void;
}

function Choices({ menu, disabled, onChoose }: ChoicesProps) {
  return (
    <MenuRadioGroup aria-label={menu.label} value={menu.current} onValueChange={onChoose}>
      <MenuLabel>{menu.label}</MenuLabel>
      {menu.choices.map(({ id, name, description }) => (
        <MenuRadioItem key={id} value={id} disabled={disabled}>
          <span className="block">{name}</span>
          {description && <span className="block max-w-72 text-xs text-ink-3">{description}</span>}
          {id === menu.next && (
            <span className="block text-xs text-waiting">Chosen: counts from its next start</span>
          )}
        </MenuRadioItem>
      ))}
    </MenuRadioGroup>
  );
}
