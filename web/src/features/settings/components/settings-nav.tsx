import { NavLink } from 'react-router';
import { cn } from '@/lib/cn';
import { sections } from '../sections';

/** The parts of the settings; on a phone a line that scrolls. */
export function SettingsNav() {
  return (
    <nav
      aria-label="Settings"
      className="flex shrink-0 gap-1 overflow-x-auto border-b border-line p-2 md:w-52 md:flex-col md:border-r md:border-b-0 md:p-3"
    >
      {sections.map(({ id, name, icon: Icon }) => (
        <NavLink
          key={id}
          to={`/settings/${id}`}
          className={({ isActive }) =>
            cn(
              'flex h-8 shrink-0 items-center gap-2 rounded-md px-2.5 text-ui whitespace-nowrap pointer-coarse:h-11',
              isActive ? 'bg-selected font-medium' : 'text-ink-2 hover:bg-hover hover:text-ink',
            )
          }
        >
          <Icon aria-hidden className="size-4 text-ink-3" />
          {name}
        </NavLink>
      ))}
    </nav>
  );
}
