import { Monitor, Moon, Settings, Sun } from 'lucide-react';
import { Link } from 'react-router';
import { IconButton } from '@/components/ui/button';
import { Menu, MenuRadioGroup, MenuRadioItem } from '@/components/ui/menu';
import { withShortcut } from '@/lib/shortcuts';
import { type Theme, useTheme } from '@/lib/theme';

const icons = { system: Monitor, light: Sun, dark: Moon };
const names = { system: 'As the system', light: 'Light', dark: 'Dark' };

/** In the head of the sidebar: the theme, and the way to the settings. */
export function ThemeMenu() {
  return (
    <div className="flex items-center">
      <Themes />
      <Link
        to="/settings"
        aria-label="Settings"
        {...withShortcut('settings', 'Settings')}
        className="inline-flex size-7 items-center justify-center rounded-md text-ink-3 transition-colors hover:bg-hover hover:text-ink pointer-coarse:size-11"
      >
        <Settings aria-hidden className="size-4" />
      </Link>
    </div>
  );
}

function Themes() {
  const [theme, setTheme] = useTheme();
  const Current = icons[theme];
  return (
    <Menu
      trigger={
        <IconButton label="Theme">
          <Current className="size-4" />
        </IconButton>
      }
    >
      <MenuRadioGroup value={theme} onValueChange={(value) => setTheme(value as Theme)}>
        {(['system', 'light', 'dark'] as const).map((value) => {
          const Icon = icons[value];
          return (
            <MenuRadioItem key={value} value={value} icon={<Icon className="size-3.5" />}>
              {names[value]}
            </MenuRadioItem>
          );
        })}
      </MenuRadioGroup>
    </Menu>
  );
}
