import * as fc from 'fast-check';
import { test } from 'vitest';
import { parseProjection } from '../../core/query/projection.ts';
import type { Filter } from '../../core/query.ts';
import type { State } from '../../core/record.ts';
import type { Value } from '../../core/value.ts';
import { propertyOptions } from '../../testing/property.ts';
import type { LiveQuerySpec } from '../5-serve/live.ts';
import { COLLECTION, FeedWorld, turn } from './feed-world.test-support.ts';
import type { Gateway, Write } from './feed-world.test-support.ts';

const IDS = ['k0', 'k1', 'k2', 'k3', 'k4', 'k5'];

const write: fc.Arbitrary<Write> = fc.record({
  id: fc.constantFrom(...IDS),
  document: fc.option(
    fc.record({ a: fc.constantFrom<Value[]>(1, 1, 2, 3, [1, 3], null), b: fc.constantFrom<Value[]>(1, 2, 'x') }, { requiredKeys: ['a'] }),
    { freq: 4 },
  ),
  state: fc.oneof({ arbitrary: fc.constant<State>('PUBLIC'), weight: 8 }, { arbitrary: fc.constant<State>('DELETED'), weight: 1 }),
  tombstone: fc.boolean(),
});

const filter: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({
    kind: fc.constant('compare' as const),
    path: fc.constantFrom(['a'], ['b']),
    operator: fc.constantFrom('$eq', '$gt', '$lte'),
    value: fc.constantFrom(1, 2, 3),
  }),
  fc.record({ kind: fc.constant('in' as const), path: fc.constant(['_id']), values: fc.subarray(IDS) }),
  fc.constant<Filter>({ kind: 'true' }),
);

const sort = fc.array(fc.record({ path: fc.constantFrom(['a'], ['b'], ['v']), direction: fc.constantFrom(1 as const, -1 as const) }), {
  minLength: 1,
  maxLength: 2,
});

const spec: fc.Arbitrary<LiveQuerySpec> = fc.record({
  collection: fc.constant(COLLECTION),
  filter,
  sort: fc.option(sort, { nil: undefined }),
  limit: fc.option(fc.constantFrom(1, 2, 3, 5), { nil: undefined }),
  select: fc.option(fc.constantFrom('a', 'a,v', '-b', '-v,-b').map(parseProjection), { nil: undefined, freq: 2 }),
});

type Step =
  | { readonly kind: 'write' | 'bulk'; readonly writes: readonly Write[] }
  | { readonly kind: 'announce' | 'again' | 'answer' | 'turn' | 'fail' | 'rest' | 'pass'; readonly which: number }
  | { readonly kind: 'subscribe' | 'resume' | 'move' | 'resync' | 'unreachable' | 'lost'; readonly which: number; readonly gateway: 0 | 1 };

const which = fc.nat(50);
const gateway = fc.constantFrom<(0 | 1)[]>(0, 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: fc.record({ kind: fc.constant('write' as const), writes: fc.array(write, { minLength: 1, maxLength: 3 }) }), weight: 10 },
  { arbitrary: fc.record({ kind: fc.constant('bulk' as const), writes: fc.array(write, { minLength: 1, maxLength: 3 }) }), weight: 1 },
  { arbitrary: fc.record({ kind: fc.constantFrom('announce' as const, 'announce' as const, 'again' as const), which }), weight: 12 },
  { arbitrary: fc.record({ kind: fc.constantFrom('answer' as const, 'answer' as const, 'turn' as const), which }), weight: 18 },
  { arbitrary: fc.record({ kind: fc.constantFrom('fail' as const, 'rest' as const, 'pass' as const), which }), weight: 2 },
  { arbitrary: fc.record({ kind: fc.constant('subscribe' as const), which, gateway }), weight: 6 },
  { arbitrary: fc.record({ kind: fc.constantFrom('resume' as const, 'move' as const, 'resync' as const), which, gateway }), weight: 5 },
  { arbitrary: fc.record({ kind: fc.constantFrom('unreachable' as const, 'lost' as const), which, gateway }), weight: 1 },
);

async function play(world: FeedWorld, specs: readonly LiveQuerySpec[], steps: readonly Step[]): Promise<void> {
  for (const action of steps) {
    switch (action.kind) {
      case 'write':
        await world.write(action.writes);
        break;
      case 'bulk':
        await world.write(action.writes, { isBulk: true });
        break;
      case 'announce':
        await world.announce(action.which);
        break;
      case 'again':
        await world.announceAgain(action.which);
        break;
      case 'answer':
        await world.answer(action.which);
        await turn();
        break;
      case 'fail':
        world.fail();
        break;
      case 'turn':
        await turn();
        break;
      case 'pass':
        world.clock.advance(70_000);
        break;
      case 'rest':
        await world.settle();
        await world.check();
        break;
      default:
        connect(world, specs, action);
    }
  }
  await world.settle();
  await world.check();
}

function connect(world: FeedWorld, specs: readonly LiveQuerySpec[], action: Extract<Step, { readonly gateway: 0 | 1 }>): void {
  const here: Gateway = world.gateways[action.gateway];
  const there: Gateway = world.gateways[action.gateway === 0 ? 1 : 0];
  const clients = [...here.clients];
  const client = clients[action.which % (clients.length || 1)];
  switch (action.kind) {
    case 'subscribe':
      world.subscribe(here, specs[action.which % specs.length] as LiveQuerySpec);
      break;
    case 'resync':
      client?.subscription?.resync();
      break;
    case 'unreachable':
      here.failure = 'LOG_UNREACHABLE';
      break;
    case 'lost':
      here.failure = 'POSITION_LOST';
      break;
    default: {
      // Some come back at once, others when time has passed.
      const gone = here.gone.length > 0 && action.which % 2 === 0 ? here.gone.splice(action.which % here.gone.length, 1)[0] : undefined;
      if (gone === undefined && (client === undefined || !world.leave(here, client))) break;
      const before = gone ?? here.gone.pop();
      if (before !== undefined) world.subscribe(action.kind === 'move' ? there : here, before.spec, before);
    }
  }
}

test('no document ever goes back, and every client holds the exact result once all is announced', { timeout: 3_600_000 }, async () => {
  const property = fc.asyncProperty(
    fc.array(write, { maxLength: 6 }),
    fc.array(spec, { minLength: 1, maxLength: 3 }),
    fc.array(step, { minLength: 5, maxLength: 80 }),
    fc.constantFrom(1_000, 1_000, 5),
    fc.constantFrom(1_000_000, 1_000_000, 2_000),
    fc.constantFrom(0, 1, 500),
    fc.boolean(),
    async (early, specs, steps, maxRows, resumeBytes, slackRows, followsAll) => {
      const world = await FeedWorld.open({ maxRows, resumeBytes, slackRows, followsAll });
      try {
        await world.write(early);
        await play(world, specs, steps);
      } finally {
        await world.close();
      }
    },
  );
  await fc.assert(property, propertyOptions(300, 20_000));
});
