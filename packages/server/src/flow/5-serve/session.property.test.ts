import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { propertyOptions } from '../../testing/property.ts';
import { Room, steps } from './session-room.test-support.ts';
import { SessionWorld } from './session-world.test-support.ts';

/** Of the long count, on a busy machine. */
const LONGEST_MS = 900_000;

test(
  'whatever happens, every client shows what its query gives, of every generation',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(steps, { minLength: 1, maxLength: 80, size: 'max' }),
        fc.constantFrom(300, 1_500, 100_000),
        async (history, maxBufferBytes) => {
          const world = await SessionWorld.open({ maxBufferBytes });
          const room = new Room(world);
          for (const [i, step] of history.entries()) {
            await room.step(step);
            if (i % 20 !== 19) continue;
            await room.quiesce();
            expect(await room.differences()).toEqual([]);
          }
          await room.quiesce();
          expect(await room.differences()).toEqual([]);
        },
      ),
      propertyOptions(500, 10_000),
    );
  },
  LONGEST_MS,
);
