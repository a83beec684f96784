import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { MillraceProcess } from '../e2e/run-millrace.ts';
import { filesOf } from '../specification/files.ts';
import { put } from '../specification/messages.ts';
import { DEPLOYMENTS, PlacedProject } from './placed-project.ts';

/** Says that it has begun, then waits for as long as a file is there. */
const MAPPING = `
  const { existsSync, writeFileSync } = require('node:fs');
  const { join } = require('node:path');
  module.exports = async (logger, db, dependenciesMap) => {
    writeFileSync(join(__dirname, 'begun'), '');
    while (existsSync(join(__dirname, 'wait'))) await new Promise((resolve) => setTimeout(resolve, 20));
    return dependenciesMap.get('customers').name;
  };`;

/** A project whose view is built for as long as the test wants. */
class SlowProject extends PlacedProject {
  readonly #view = path.join(this.folder, 'views/sv_customers');

  /** With one document to build. */
  async prepare(drainSeconds: number): Promise<void> {
    await this.write(
      filesOf({
        top: { http: { port: 0 }, audit: { perSecond: 0 }, drainSeconds },
        projections: { customers: { id: 'string!', name: 'string' } },
        views: {
          sv_customers: {
            SV_CONFIG: {
              dependencies: { customers: { type: 'projection', on: '_identifier' } },
              mapping: { id: 'customers.id', text: '__fromFile__[text]' },
            },
          },
        },
        viewOptions: { sv_customers: { maxProcessingMs: 600_000 } },
        files: { 'views/sv_customers/text.js': MAPPING, 'views/sv_customers/wait': '' },
      }),
    );
    await this.ingest([put('customers', { id: '1', name: 'one' })]);
  }

  /** An engine that is in the middle of a build. */
  async startBuilding(): Promise<{ readonly engine: MillraceProcess; readonly http: string }> {
    rmSync(path.join(this.#view, 'begun'), { force: true });
    const started = await this.start();
    await vi.waitUntil(() => existsSync(path.join(this.#view, 'begun')), { timeout: 30_000 });
    return started;
  }

  goOn(): void {
    rmSync(path.join(this.#view, 'wait'), { force: true });
  }
}

describe.each(DEPLOYMENTS)('%s', (deployment) => {
  test('who is asked to stop finishes what is in hand, and sends clients elsewhere meanwhile', async () => {
    await using project = new SlowProject(deployment);
    await project.prepare(60);
    const { engine, http } = await project.startBuilding();
    await using _ = engine;
    const socket = new WebSocket(`${http.replace('http', 'ws')}/v1/api/socket/json`);
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    await new Promise((resolve) => socket.once('open', resolve));
    const ended = engine.stop();
    expect(await closed).toBe(1001);
    expect((await fetch(`${http}/-/ready`)).status).toBe(503);
    project.goOn();
    expect(await ended).toMatchObject({ code: 0 });
    expect(await project.documents('sv_customers')).toMatchObject([{ id: '1', text: 'one' }]);
  });

  test('the limit ends what does not end, and so does being asked again; the next start does it once more', async () => {
    await using project = new SlowProject(deployment);
    await project.prepare(0.5);
    const { engine: first } = await project.startBuilding();
    await using _ = first;
    const { code, err } = await first.stop();
    expect(code).toBe(1);
    expect(err).toMatch(/"event":"ended"/);

    await project.prepare(600);
    const { engine: second, http } = await project.startBuilding();
    await using __ = second;
    void second.stop();
    await expect.poll(async () => (await fetch(`${http}/-/ready`)).status, { timeout: 10_000 }).toBe(503);
    expect(await second.stop()).toMatchObject({ code: 1 });

    project.goOn();
    expect(await project.run('start', ['--until-idle'])).toMatchObject({ code: 0 });
    expect(await project.documents('sv_customers')).toMatchObject([{ id: '1', text: 'one' }]);
  });
});
