/**
 * The life of the connection, without its effects: `transition` says what an event leads to and what is to be done; `Link` does it.
 *
 * ```
 *             wanted               opened
 *    idle ─────────────▶ opening ──────────▶ live ──────┐
 *     ▲                  ▲  │  │              │  │      │ reconnect: opening
 *     │         due,     │  │  │ unauthorized │  │
 *     │         online,  │  │  └──────┐ ┌─────┘  │ lost,
 *     │         reconnect│  │ lost,   ▼ ▼        │ silent
 *     │                  │  │ silent refused     │
 *     │                  │  ▼          │         │
 *     │                 waiting ◀──────┼─────────┘
 *     │                                └─ wanted, reconnect ─▶ opening
 *     └── unwanted: from opening, live, waiting                              close: from any, to closed
 * ```
 *
 * - `idle`: no live query, no connection.
 * - `opening`: a token is asked for, a connection is being made.
 * - `live`: frames go both ways.
 * - `waiting`: it broke or could not be made; the next attempt comes after a while.
 * - `refused`: the server takes no token of ours; it is tried again when the program says so, or begins another live query.
 * - `closed`: for ever.
 *
 * An event that means nothing in a state leaves it as it is: the very same object, without effects.
 */
export type ConnectionState =
  | { readonly name: 'idle' }
  /** `attempt`: attempts that failed in a row, since a connection was last good for a while. */
  | { readonly name: 'opening'; readonly attempt: number; readonly wasLive: boolean }
  | { readonly name: 'live'; readonly attempt: number }
  | { readonly name: 'waiting'; readonly attempt: number; readonly wasLive: boolean }
  | { readonly name: 'refused' }
  | { readonly name: 'closed' };

export type ConnectionEvent =
  /** The first live query is there, */
  | { readonly name: 'wanted' }
  /** the last one is gone for a while. */
  | { readonly name: 'unwanted' }
  | { readonly name: 'opened' }
  /** The connection ended or could not be made. `busy`: the server has too many; come back later rather than soon. */
  | { readonly name: 'lost'; readonly busy: boolean }
  | { readonly name: 'unauthorized' }
  /** Nothing was heard for too long. */
  | { readonly name: 'silent' }
  /** It has been live for a while. */
  | { readonly name: 'healthy' }
  /** The wait is over. */
  | { readonly name: 'due' }
  /** The device has a network again. */
  | { readonly name: 'online' }
  /** The program asks for an attempt now. */
  | { readonly name: 'reconnect' }
  | { readonly name: 'close' };

export type ConnectionEffect =
  /** Get a token and open a connection. */
  | { readonly name: 'open' }
  /** Close the connection (or the attempt) and hear nothing more of it. */
  | { readonly name: 'drop' }
  | { readonly name: 'wait'; readonly attempt: number }
  | { readonly name: 'stopWaiting' }
  /** Send all subscriptions, and watch for silence and health. */
  | { readonly name: 'restore' }
  /** All live queries end with an error. */
  | { readonly name: 'endAll' };

export interface Transition {
  readonly state: ConnectionState;
  readonly effects: readonly ConnectionEffect[];
}

export const INITIAL_STATE: ConnectionState = { name: 'idle' };

/** Waits as after so many failures where the server has too many connections. */
const BUSY_ATTEMPT = 5;
/** After so many failures in a row it is no longer a matter of moments. */
const OFFLINE_ATTEMPT = 3;

const IDLE: ConnectionState = { name: 'idle' };
const REFUSED: ConnectionState = { name: 'refused' };
const CLOSED: ConnectionState = { name: 'closed' };
const OPEN: ConnectionEffect = { name: 'open' };
const DROP: ConnectionEffect = { name: 'drop' };
const STOP_WAITING: ConnectionEffect = { name: 'stopWaiting' };
const END_ALL: ConnectionEffect = { name: 'endAll' };

export function transition(state: ConnectionState, event: ConnectionEvent): Transition {
  switch (state.name) {
    case 'idle':
      return fromIdle(state, event);
    case 'opening':
      return fromOpening(state, event);
    case 'live':
      return fromLive(state, event);
    case 'waiting':
      return fromWaiting(state, event);
    case 'refused':
      return fromRefused(state, event);
    case 'closed':
      return stay(state);
  }
}

function fromIdle(state: ConnectionState, event: ConnectionEvent): Transition {
  if (event.name === 'wanted') return to({ name: 'opening', attempt: 0, wasLive: false }, OPEN);
  return event.name === 'close' ? to(CLOSED, END_ALL) : stay(state);
}

function fromOpening(state: Extract<ConnectionState, { name: 'opening' }>, event: ConnectionEvent): Transition {
  switch (event.name) {
    case 'opened':
      return to({ name: 'live', attempt: state.attempt }, { name: 'restore' });
    case 'lost':
      return wait(state.attempt, state.wasLive, event.busy, []);
    case 'silent':
      return wait(state.attempt, state.wasLive, false, [DROP]);
    case 'unauthorized':
      return to(REFUSED, DROP, END_ALL);
    case 'unwanted':
      return to(IDLE, DROP);
    case 'close':
      return to(CLOSED, END_ALL, DROP);
    default:
      return stay(state);
  }
}

function fromLive(state: Extract<ConnectionState, { name: 'live' }>, event: ConnectionEvent): Transition {
  switch (event.name) {
    case 'lost':
      return wait(state.attempt, true, event.busy, []);
    case 'silent':
      return wait(state.attempt, true, false, [DROP]);
    case 'unauthorized':
      return to(REFUSED, DROP, END_ALL);
    case 'healthy':
      return state.attempt === 0 ? stay(state) : to({ name: 'live', attempt: 0 });
    case 'reconnect':
      return to({ name: 'opening', attempt: state.attempt, wasLive: true }, DROP, OPEN);
    case 'unwanted':
      return to(IDLE, DROP);
    case 'close':
      return to(CLOSED, END_ALL, DROP);
    default:
      return stay(state);
  }
}

function fromWaiting(state: Extract<ConnectionState, { name: 'waiting' }>, event: ConnectionEvent): Transition {
  const { attempt, wasLive } = state;
  switch (event.name) {
    case 'due':
      return to({ name: 'opening', attempt, wasLive }, OPEN);
    case 'online':
    case 'reconnect':
      return to({ name: 'opening', attempt, wasLive }, STOP_WAITING, OPEN);
    case 'unwanted':
      return to(IDLE, STOP_WAITING);
    case 'close':
      return to(CLOSED, END_ALL, STOP_WAITING);
    default:
      return stay(state);
  }
}

/** A new live query is an attempt too: it may come with a new token. */
function fromRefused(state: ConnectionState, event: ConnectionEvent): Transition {
  switch (event.name) {
    case 'wanted':
    case 'reconnect':
      return to({ name: 'opening', attempt: 0, wasLive: false }, OPEN);
    case 'close':
      return to(CLOSED, END_ALL);
    default:
      return stay(state);
  }
}

/** The delay is that of the failures before; the state counts this one. */
function wait(failed: number, wasLive: boolean, busy: boolean, before: readonly ConnectionEffect[]): Transition {
  const attempt = busy ? Math.max(failed, BUSY_ATTEMPT) : failed;
  return { state: { name: 'waiting', attempt: attempt + 1, wasLive }, effects: [...before, { name: 'wait', attempt }] };
}

function to(state: ConnectionState, ...effects: readonly ConnectionEffect[]): Transition {
  return { state, effects };
}

function stay(state: ConnectionState): Transition {
  return { state, effects: [] };
}

/**
 * - `idle`: nothing is subscribed, so nothing is connected
 * - `connecting`: for the first time
 * - `live`: connected; results are kept up to date
 * - `reconnecting`: the connection broke and is being made again; results are those of before
 * - `offline`: it could not be made several times in a row (attempts go on), or the token was refused (see `error`)
 * - `closed`: by `close()`
 */
export type ConnectionStatus = 'idle' | 'connecting' | 'live' | 'reconnecting' | 'offline' | 'closed';

export function statusOf(state: ConnectionState): ConnectionStatus {
  switch (state.name) {
    case 'opening':
    case 'waiting':
      if (state.attempt >= OFFLINE_ATTEMPT) return 'offline';
      return state.wasLive ? 'reconnecting' : 'connecting';
    case 'refused':
      return 'offline';
    default:
      return state.name;
  }
}
