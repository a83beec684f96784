import * as fc from 'fast-check';
import { test } from 'vitest';
import { arbitraryDocument, arbitraryFilter, arbitraryScalar } from '../../core/query/arbitraries.test-support.ts';
import { parseProjection } from '../../core/query/projection.ts';
import type { Filter } from '../../core/query.ts';
import type { State } from '../../core/record.ts';
import type { Value } from '../../core/value.ts';
import { propertyOptions } from '../../testing/property.ts';
import { COLLECTION, LiveWorld, turn } from './live-world.test-support.ts';
import type { Write } from './live-world.test-support.ts';
import type { LiveQuerySpec } from './live.ts';

const IDS = ['k0', 'k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'k7', 'k8', 'k9'];

/** Of few values, so that many match, and stand side by side. */
const smallDocument = fc.record(
  { a: fc.constantFrom<Value[]>(1, 2, 3, [1, 3], null), b: fc.constantFrom<Value[]>(1, 2, 'x'), c: fc.constantFrom(0, 1) },
  { requiredKeys: ['a'] },
);

const write: fc.Arbitrary<Write> = fc.record({
  id: fc.constantFrom(...IDS),
  document: fc.option(fc.oneof(smallDocument, smallDocument, arbitraryDocument), { freq: 4 }),
  state: fc.oneof({ arbitrary: fc.constant<State>('PUBLIC'), weight: 6 }, { arbitrary: fc.constant<State>('DRAFT'), weight: 1 }),
});

const simpleFilter: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({
    kind: fc.constant('compare' as const),
    path: fc.constant(['a']),
    operator: fc.constant('$eq' as const),
    value: arbitraryScalar,
  }),
  fc.record({ kind: fc.constant('in' as const), path: fc.constant(['_id']), values: fc.subarray(IDS) }),
  fc.record({
    kind: fc.constant('compare' as const),
    path: fc.constantFrom(['_id'], ['a'], ['b']),
    operator: fc.constantFrom('$gt', '$gte', '$lt', '$lte'),
    value: fc.constantFrom('k4', 1, 2, 'a'),
  }),
  fc.record({ kind: fc.constant('exists' as const), path: fc.constantFrom(['a'], ['b']), exists: fc.constant(true) }),
  fc.constant<Filter>({ kind: 'compare', path: ['__STATE__'], operator: '$eq', value: 'PUBLIC' }),
  fc.constant<Filter>({ kind: 'true' }),
);

const sort = fc.array(
  fc.record({ path: fc.constantFrom(['a'], ['b'], ['a', 'b'], ['_id']), direction: fc.constantFrom(1 as const, -1 as const) }),
  {
    minLength: 1,
    maxLength: 2,
  },
);

const rest = fc.record({
  collection: fc.constant(COLLECTION),
  sort: fc.option(sort, { nil: undefined }),
  limit: fc.option(fc.constantFrom(0, 1, 2, 3, 5, 30), { nil: undefined, freq: 2 }),
  select: fc.option(fc.constantFrom('a', 'a,b', '-a', 'b.c,_id', '-_id,-b').map(parseProjection), { nil: undefined, freq: 2 }),
});

/** Some queries that differ in little. */
const specs: fc.Arbitrary<LiveQuerySpec[]> = fc
  .array(fc.oneof(simpleFilter, simpleFilter, arbitraryFilter), { minLength: 1, maxLength: 2 })
  .chain((filters) => {
    const spec = fc.tuple(rest, fc.constantFrom(...filters)).map(([others, filter]): LiveQuerySpec => ({ ...others, filter }));
    return fc.array(spec, { minLength: 1, maxLength: 4 });
  });

type Step =
  | { readonly kind: 'commit'; readonly writes: readonly Write[]; readonly how: 'told' | 'replaced' | 'unheard' }
  | { readonly kind: 'subscribe' | 'dispose' | 'resume' | 'resync'; readonly which: number; readonly back: number }
  | { readonly kind: 'take' | 'answer' | 'fail' | 'turn' | 'rest' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    arbitrary: fc.record({
      kind: fc.constant('commit' as const),
      writes: fc.array(write, { minLength: 1, maxLength: 4 }),
      how: fc.oneof(
        { arbitrary: fc.constant('told' as const), weight: 30 },
        { arbitrary: fc.constant('replaced' as const), weight: 2 },
        { arbitrary: fc.constant('unheard' as const), weight: 1 },
      ),
    }),
    weight: 10,
  },
  { arbitrary: fc.record({ kind: fc.constant('subscribe' as const), which: fc.nat(), back: fc.nat(3) }), weight: 4 },
  { arbitrary: fc.record({ kind: fc.constantFrom('dispose', 'resume', 'resume', 'resync'), which: fc.nat(), back: fc.nat(3) }), weight: 4 },
  { arbitrary: fc.record({ kind: fc.constantFrom('take', 'answer', 'answer', 'turn', 'turn', 'rest') }), weight: 8 },
  { arbitrary: fc.record({ kind: fc.constant('fail' as const) }), weight: 1 },
);

/** Gives the position of a client that comes back another face: that of another epoch, or of a time before all that is known. */
function foreignPosition(back: number): { epoch: string; sequence: number } | undefined {
  if (back === 2) return { epoch: 'before', sequence: 3 };
  return back === 3 ? { epoch: 'now', sequence: 1_000_000 } : undefined;
}

async function play(world: LiveWorld, queries: readonly LiveQuerySpec[], steps: readonly Step[]): Promise<void> {
  for (const action of steps) {
    const clients = action.kind === 'resume' && world.gone.length > 0 ? world.gone : [...world.clients];
    switch (action.kind) {
      case 'commit':
        await world.commit(action.writes, action.how);
        break;
      case 'subscribe':
        if (action.back === 0) world.subscribeTwice(queries[action.which % queries.length] as LiveQuerySpec);
        else world.subscribe(queries[action.which % queries.length] as LiveQuerySpec);
        break;
      case 'take':
      case 'answer':
      case 'fail':
        world[action.kind]();
        break;
      case 'turn':
        await turn();
        break;
      case 'rest':
        await world.settle();
        world.check();
        break;
      default: {
        const client = clients[action.which % clients.length];
        if (client === undefined) break;
        if (action.kind === 'resync') world.resync(client);
        else world.dispose(client);
        if (action.kind === 'resume' && client.position !== undefined) world.subscribe(client.spec, client, foreignPosition(action.back));
      }
    }
  }
  await world.settle();
  world.check();
}

test('every client holds the exact result of its query, at every position that it is told', { timeout: 3_600_000 }, async () => {
  const property = fc.asyncProperty(
    fc.array(fc.array(write, { maxLength: 6 }), { maxLength: 3 }),
    specs,
    fc.array(step, { minLength: 5, maxLength: 60 }),
    fc.constantFrom(1_000, 1_000, 1_000, 6),
    fc.constantFrom(1_000_000, 1_000_000, 2_000),
    fc.constantFrom(0, 1, 2, 500),
    async (early, queries, steps, maxRows, resumeBytes, slackRows) => {
      const world = await LiveWorld.open({ maxRows, resumeBytes, slackRows });
      for (const writes of early) await world.commit(writes);
      world.hold();
      await play(world, queries, steps);
    },
  );
  await fc.assert(property, propertyOptions(500, 10_000));
});
