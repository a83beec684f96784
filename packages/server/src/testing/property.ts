/**
 * How often property tests run, and from which seed: `MILLRACE_TEST_RUNS` (a factor, or `long`) and `MILLRACE_TEST_SEED`.
 * The seed is printed, so that every failure can be run again.
 */
const seed =
  process.env['MILLRACE_TEST_SEED'] === undefined ? Math.floor(Math.random() * 0x7fffffff) : Number(process.env['MILLRACE_TEST_SEED']);

/** A failing case is made smaller for as long as that helps: with slow cases, for hours. In `npm test` the smallest one by then is shown. */
const LIMIT_MS = 300_000;

export interface PropertyOptions {
  readonly numRuns: number;
  readonly seed: number;
  readonly interruptAfterTimeLimit?: number;
  readonly markInterruptAsFailure?: boolean;
}

/** `runs` in `npm test`; `long` when MILLRACE_TEST_RUNS is `long`; a number there multiplies `runs`. */
export function propertyOptions(runs: number, long: number = runs * 20): PropertyOptions {
  const wanted = process.env['MILLRACE_TEST_RUNS'];
  const numRuns = wanted === 'long' ? long : wanted === undefined ? runs : Math.max(1, Math.round(runs * Number(wanted)));
  console.info(`MILLRACE_TEST_SEED=${seed} (${numRuns} runs)`);
  return wanted === undefined ? { numRuns, seed, interruptAfterTimeLimit: LIMIT_MS, markInterruptAsFailure: true } : { numRuns, seed };
}
