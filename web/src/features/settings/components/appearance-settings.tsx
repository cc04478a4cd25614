import { Monitor, Moon, Sun } from 'lucide-react';
import { cn } from '@/lib/cn';
import { type Theme, useTheme } from '@/lib/theme';
import { SettingsSection } from './section';

const themes = [
  { value: 'system', name: 'As the system', icon: Monitor },
  { value: 'light', name: 'Light', icon: Sun },
  { value: 'dark', name: 'Dark', icon: Moon },
] as const satisfies readonly { value: Theme; name: string; icon: unknown }[];

export function AppearanceSettings() {
  const [theme, setTheme] = useTheme();
  return (
    <SettingsSection title="Appearance" intro="Kept in this browser.">
      <fieldset className="mt-4">
        <legend className="text-ui font-medium">Theme</legend>
        <div className="mt-1.5 flex flex-wrap gap-2">
          {themes.map(({ value, name, icon: Icon }) => (
            <label
              key={value}
              className={cn(
                'flex h-9 cursor-pointer items-center gap-2 rounded-md border px-3 text-ui has-focus-visible:outline-2 has-focus-visible:outline-offset-1 has-focus-visible:outline-accent pointer-coarse:h-11',
                theme === value
                  ? 'border-accent bg-accent-soft'
                  : 'border-line-strong hover:bg-hover',
              )}
            >
              <input
                type="radio"
                name="theme"
                className="sr-only"
                checked={theme === value}
                onChange={() => setTheme(value)}
              />
              <Icon aria-hidden className="size-4 text-ink-3" />
              {name}
            </label>
          ))}
        </div>
      </fieldset>
      <p className="mt-4 text-ui text-ink-2">
        Motion and contrast follow the system: where it asks for less motion, nothing moves.
      </p>
    </SettingsSection>
  );
}
