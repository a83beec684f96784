import { Monitor, Moon, Sun } from 'lucide-react';
import { ToggleGroup } from 'radix-ui';
import { theme, useTheme } from './theme.ts';
import type { Theme } from './theme.ts';

const CHOICES = [
  { value: 'system', label: 'As the system', Icon: Monitor },
  { value: 'light', label: 'Light', Icon: Sun },
  { value: 'dark', label: 'Dark', Icon: Moon },
] as const;

export function ThemeSwitch() {
  const chosen = useTheme();
  return (
    <ToggleGroup.Root
      className="segments"
      type="single"
      value={chosen}
      aria-label="Theme"
      onValueChange={(value) => {
        if (value !== '') theme.set(value as Theme);
      }}
    >
      {CHOICES.map(({ value, label, Icon }) => (
        <ToggleGroup.Item key={value} className="segment" value={value} aria-label={label} title={label}>
          <Icon size={15} aria-hidden />
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
