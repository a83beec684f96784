import { globSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../e2e/run-millrace.ts';
import { removeDatabase, removeTopics } from '../deployments/clean-up.ts';
import { describeWith } from '../services/require-services.ts';
import { uniqueName } from '../services/unique-name.ts';
import { missingLines, needsOf, stepsOf } from './page.ts';
import type { Step } from './page.ts';
import { Terminal } from './terminal.ts';

const PAGES = ['docs/getting-started.md', ...globSync('docs/guides/*.md', { cwd: ROOT }).sort()];
/** Commands that only look: beside a running engine, what they show may be a moment away. */
const LOOKS = /^\s*(?:npx )?(?:millrace (?:get|why|errors|topics|explain|audit)|curl|cat|#|$)/;
const PATIENCE_MS = 30_000;

/** A reader does what a page says, block after block, and sees what it shows. */
describe('the pages', () => {
  const alone = PAGES.filter((page) => needsOf(path.join(ROOT, page)).length === 0);
  test.each(alone)('%s does what it says', async (page) => {
    expect(await read(page, {})).toBeGreaterThan(0);
  });
});

describeWith(['kafka', 'mongo'], 'the pages that need servers', ({ kafka, mongo }) => {
  const together = PAGES.filter((page) => needsOf(path.join(ROOT, page)).length > 0);
  test.each(together)('%s does what it says', { timeout: 300_000 }, async (page) => {
    const own = uniqueName('doc');
    try {
      const commands = await read(page, {
        MILLRACE_KAFKA_BROKERS: kafka,
        MILLRACE_KAFKA_TOPIC_PREFIX: `${own}.`,
        MILLRACE_MONGODB_URL: mongo,
        MILLRACE_MONGODB_DATABASE: own,
      });
      expect(commands).toBeGreaterThan(0);
    } finally {
      await removeTopics(kafka, `${own}.`);
      await removeDatabase(mongo, own);
    }
  });
});

/** Gives how many blocks of commands there were. */
async function read(page: string, environment: Readonly<Record<string, string>>): Promise<number> {
  await using terminal = await Terminal.open(environment);
  const steps = stepsOf(path.join(ROOT, page));
  for (const step of steps) await take(terminal, step, `${page}:${step.line}`);
  return steps.filter(({ kind }) => kind === 'run').length;
}

async function take(terminal: Terminal, step: Step, where: string): Promise<void> {
  if (step.kind === 'write') return terminal.write(step.file, step.text);
  if (step.kind === 'keep') return terminal.keep(step.commands);
  const isLook = step.commands.split('\n').every((line) => LOOKS.test(line));
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const { code, output } = await terminal.run(step.commands);
    const missing = missingLines(step.prints, output);
    // What is shown says that a command is meant to fail.
    const isFine = missing.length === 0 && (code === 0 || step.prints.length > 0);
    if (isFine) return;
    if (!isLook || performance.now() > until)
      throw new Error(`${where} shows ${JSON.stringify(missing)}, but it ends with ${code} and prints:\n${output}`);
  }
}
