import { expect, test } from 'vitest';
import { INITIAL_STATE, statusOf, transition } from './connection-state.ts';
import type { ConnectionEffect, ConnectionEvent, ConnectionState, ConnectionStatus } from './connection-state.ts';

type StateName = ConnectionState['name'];
type EventName = ConnectionEvent['name'];

/** The state an event leads to and what is done, in order; `stays` is the very same object, and nothing done. */
type Expected = 'stays' | readonly [StateName, ...ConnectionEffect['name'][]];

/** No cell can be missing: it would not compile. */
const TABLE: Readonly<Record<StateName, Readonly<Record<EventName, Expected>>>> = {
  idle: {
    wanted: ['opening', 'open'],
    unwanted: 'stays',
    opened: 'stays',
    lost: 'stays',
    unauthorized: 'stays',
    silent: 'stays',
    healthy: 'stays',
    due: 'stays',
    online: 'stays',
    reconnect: 'stays',
    close: ['closed', 'endAll'],
  },
  opening: {
    wanted: 'stays',
    unwanted: ['idle', 'drop'],
    opened: ['live', 'restore'],
    lost: ['waiting', 'wait'],
    unauthorized: ['refused', 'drop', 'endAll'],
    silent: ['waiting', 'drop', 'wait'],
    healthy: 'stays',
    due: 'stays',
    online: 'stays',
    reconnect: 'stays',
    close: ['closed', 'endAll', 'drop'],
  },
  live: {
    wanted: 'stays',
    unwanted: ['idle', 'drop'],
    opened: 'stays',
    lost: ['waiting', 'wait'],
    unauthorized: ['refused', 'drop', 'endAll'],
    silent: ['waiting', 'drop', 'wait'],
    healthy: ['live'],
    due: 'stays',
    online: 'stays',
    reconnect: ['opening', 'drop', 'open'],
    close: ['closed', 'endAll', 'drop'],
  },
  waiting: {
    wanted: 'stays',
    unwanted: ['idle', 'stopWaiting'],
    opened: 'stays',
    lost: 'stays',
    unauthorized: 'stays',
    silent: 'stays',
    healthy: 'stays',
    due: ['opening', 'open'],
    online: ['opening', 'stopWaiting', 'open'],
    reconnect: ['opening', 'stopWaiting', 'open'],
    close: ['closed', 'endAll', 'stopWaiting'],
  },
  refused: {
    wanted: ['opening', 'open'],
    unwanted: 'stays',
    opened: 'stays',
    lost: 'stays',
    unauthorized: 'stays',
    silent: 'stays',
    healthy: 'stays',
    due: 'stays',
    online: 'stays',
    reconnect: ['opening', 'open'],
    close: ['closed', 'endAll'],
  },
  closed: {
    wanted: 'stays',
    unwanted: 'stays',
    opened: 'stays',
    lost: 'stays',
    unauthorized: 'stays',
    silent: 'stays',
    healthy: 'stays',
    due: 'stays',
    online: 'stays',
    reconnect: 'stays',
    close: 'stays',
  },
};

const STATES: Readonly<Record<StateName, ConnectionState>> = {
  idle: { name: 'idle' },
  opening: { name: 'opening', attempt: 1, wasLive: true },
  live: { name: 'live', attempt: 1 },
  waiting: { name: 'waiting', attempt: 1, wasLive: true },
  refused: { name: 'refused' },
  closed: { name: 'closed' },
};

function eventOf(name: EventName): ConnectionEvent {
  return name === 'lost' ? { name, busy: false } : { name };
}

test.each(
  Object.entries(TABLE).flatMap(([from, row]) =>
    Object.entries(row).map(([event, expected]) => ({ from: from as StateName, event: event as EventName, expected })),
  ),
)('$from on $event', ({ from, event, expected }) => {
  const before = STATES[from];
  const { state, effects } = transition(before, eventOf(event));
  const seen = state === before && effects.length === 0 ? 'stays' : [state.name, ...effects.map(({ name }) => name)];
  expect(seen).toEqual(expected);
});

/** Follows events from the beginning. */
function after(...events: readonly (EventName | ConnectionEvent)[]): {
  readonly state: ConnectionState;
  readonly waits: readonly number[];
} {
  let state = INITIAL_STATE;
  const waits: number[] = [];
  for (const event of events) {
    const next = transition(state, typeof event === 'string' ? eventOf(event) : event);
    state = next.state;
    for (const effect of next.effects) if (effect.name === 'wait') waits.push(effect.attempt);
  }
  return { state, waits };
}

test('waits grow from failure to failure, also when each connection is made and lost at once', () => {
  expect(after('wanted', 'lost', 'due', 'lost', 'due', 'lost').waits).toEqual([0, 1, 2]);
  expect(after('wanted', 'opened', 'lost', 'due', 'opened', 'lost', 'due', 'silent').waits).toEqual([0, 1, 2]);
});

test('a connection that was good for a while makes the next wait a short one', () => {
  expect(after('wanted', 'lost', 'due', 'lost', 'due', 'opened', 'healthy', 'lost').waits).toEqual([0, 1, 0]);
});

test('a server with too many connections is left alone for longer', () => {
  const { waits } = after('wanted', { name: 'lost', busy: true }, 'due', { name: 'lost', busy: true });
  expect(waits).toEqual([5, 6]);
});

test('a healthy connection that is healthy again is the same state', () => {
  const { state } = after('wanted', 'opened', 'healthy');
  expect(transition(state, { name: 'healthy' })).toEqual({ state, effects: [] });
  expect(transition(state, { name: 'healthy' }).state).toBe(state);
});

const WAYS: readonly (readonly [ConnectionStatus, ...EventName[]])[] = [
  ['idle'],
  ['connecting', 'wanted'],
  ['connecting', 'wanted', 'lost'],
  ['live', 'wanted', 'opened'],
  ['reconnecting', 'wanted', 'opened', 'lost'],
  ['reconnecting', 'wanted', 'opened', 'lost', 'due'],
  ['offline', 'wanted', 'opened', 'lost', 'due', 'lost', 'due', 'lost'],
  ['offline', 'wanted', 'lost', 'due', 'lost', 'due', 'lost', 'due'],
  ['offline', 'wanted', 'unauthorized'],
  ['idle', 'wanted', 'opened', 'unwanted'],
  ['closed', 'wanted', 'opened', 'close'],
];

test.each(WAYS.map(([status, ...events]) => ({ status, events })))('the status is $status after $events', ({ status, events }) => {
  expect(statusOf(after(...events).state)).toBe(status);
});
