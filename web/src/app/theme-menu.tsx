import { Monitor, Moon, Sun } from 'lucide-react';
import { IconButton } from '@/components/ui/button';
import { Menu, MenuRadioGroup, MenuRadioItem } from '@/components/ui/menu';
import { type Theme, useTheme } from '@/lib/theme';

const icons = { system: Monitor, light: Sun, dark: Moon };
const names = { system: 'As the system', light: 'Light', dark: 'Dark' };

export function ThemeMenu() {
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
