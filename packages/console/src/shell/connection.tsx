import { isUnauthorized } from '../server/client.ts';
import { collectionsOverview } from '../server/overviews.ts';
import { usePolled } from '../server/polled.ts';

/** Whether the server answers, in one word. */
export function Connection() {
  const { value, error } = usePolled(collectionsOverview);
  let state: 'on' | 'away' | 'waiting' | 'guarded' = 'waiting';
  if (error !== undefined) state = isUnauthorized(error) ? 'guarded' : 'away';
  else if (value !== undefined) state = 'on';
  const words = { on: 'Connected', away: 'Reconnecting', guarded: 'Token needed', waiting: 'Connecting' } as const;
  return (
    <p className="connection" data-state={state} role="status">
      <span className="dot" aria-hidden="true" />
      {words[state]}
    </p>
  );
}
