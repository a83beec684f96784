import { useSyncExternalStore } from 'react';

export type Theme = 'system' | 'light' | 'dark';

const NAME = 'millrace.theme';
const listeners = new Set<() => void>();

export const theme = {
  get: (): Theme => {
    const stored = localStorage.getItem(NAME);
    return stored === 'light' || stored === 'dark' ? stored : 'system';
  },

  set(value: Theme): void {
    if (value === 'system') localStorage.removeItem(NAME);
    else localStorage.setItem(NAME, value);
    theme.apply();
    for (const listener of listeners) listener();
  },

  /** The style sheet reads the attribute; without one it follows the system. */
  apply(): void {
    const value = theme.get();
    if (value === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = value;
  },

  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  },
};

export function useTheme(): Theme {
  return useSyncExternalStore(theme.subscribe, theme.get);
}
