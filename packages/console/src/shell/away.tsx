import type { MillraceError } from '@millrace/client';
import { RefreshCw } from 'lucide-react';
import { isAway } from '../server/client.ts';

/** Instead of a room whose data never came. */
export function Away({ error, onRetry }: { readonly error: MillraceError; readonly onRetry: () => void }) {
  const isGone = isAway(error);
  return (
    <section className="notice" role="alert">
      <h1>{isGone ? 'The server is away' : 'The server could not answer'}</h1>
      <p>
        {isGone
          ? 'Nothing answers at this address. This page tries again by itself and goes on as soon as the server is back.'
          : `${error.message} (${error.code})`}
      </p>
      <p>
        <button type="button" className="button" onClick={onRetry}>
          <RefreshCw size={15} aria-hidden /> Try now
        </button>
      </p>
    </section>
  );
}

/** Above a room whose data are getting old. */
export function StaleBanner({ error }: { readonly error: MillraceError | undefined }) {
  if (error === undefined) return null;
  return (
    <p className="banner" role="status">
      <RefreshCw size={14} aria-hidden /> The server is away. What you see is the last that was received; reconnecting.
    </p>
  );
}
