import { useEffect } from 'react';

/** Names the tab after what is looked at. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Millrace`;
  }, [title]);
}
