const NAME = 'millrace.token';
const listeners = new Set<() => void>();

/** The token of a guarded server: kept for this tab, and gone with it. */
export const token = {
  get: (): string => sessionStorage.getItem(NAME) ?? '',

  set: (value: string): void => {
    sessionStorage.setItem(NAME, value);
    for (const listener of listeners) listener();
  },

  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  },
};
