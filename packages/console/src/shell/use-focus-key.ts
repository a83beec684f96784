import { useEffect, useRef } from 'react';
import type { RefObject } from 'react';

/** Focuses the element when the key is pressed anywhere but in a field of text. */
export function useFocusKey<Focusable extends HTMLElement>(key: string): RefObject<Focusable | null> {
  const element = useRef<Focusable>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== key || event.ctrlKey || event.metaKey || event.altKey || isTextField(event.target)) return;
      event.preventDefault();
      element.current?.focus();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [key]);
  return element;
}

function isTextField(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
