/**
 * How often property tests run, and from which seed: `MILLRACE_TEST_RUNS` (a factor, or `long`) and `MILLRACE_TEST_SEED`.
 * The seed is printed, so that every failure can be run again.
 */
const seed =
  process.env['MILLRACE_TEST_SEED'] === undefined ? Math.floor(Math.random() * 0x7fffffff) : Number(process.env['MILLRACE_TEST_SEED']);

export interface PropertyOptions {
  readonly numRuns: number;
  readonly seed: number;
}

/** `runs` in `npm test`; `long` when MILLRACE_TEST_RUNS is `long`; a number there multiplies `runs`. */
export function propertyOptions(runs: number, long: number = runs * 20): PropertyOptions {
  const wanted = process.env['MILLRACE_TEST_RUNS'];
  const numRuns = wanted === 'long' ? long : wanted === undefined ? runs : Math.max(1, Math.round(runs * Number(wanted)));
  console.info(`MILLRACE_TEST_SEED=${seed} (${numRuns} runs)`);
  return { numRuns, seed };
}
