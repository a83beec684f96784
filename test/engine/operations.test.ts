import { expect, test } from 'vitest';
import { systemClock } from '../../packages/server/src/core/clock.ts';
import { silentLogger } from '../../packages/server/src/core/logger.ts';
import { METRICS } from '../../packages/server/src/runtime/metrics/metric-table.ts';
import { serveOperations } from '../../packages/server/src/runtime/serve-operations.ts';
import { loadProject } from '../../packages/server/src/config/load-project.ts';
import { derivePlan } from '../../packages/server/src/plan/derive-plan.ts';
import type { RunnableProject } from '../../packages/server/src/runtime/engine.ts';
import { filesOf } from '../specification/files.ts';
import { put } from '../specification/messages.ts';
import { openProject } from '../specification/project.ts';

const FILES = filesOf({
  top: { http: { port: 0 } },
  projections: { customers: { id: 'string!', name: 'string' } },
  views: {
    sv_customers: {
      SV_CONFIG: { dependencies: { customers: { type: 'projection', on: '_identifier' } }, mapping: { name: 'customers.name' } },
    },
  },
});

async function projectIn(folder: string): Promise<RunnableProject> {
  const { config, definitions, hashes } = await loadProject({ folder });
  if (config === null || definitions === null) throw new Error('The project is refused');
  const { plan } = derivePlan(definitions);
  if (plan === null) throw new Error('The project has no plan');
  return { config, definitions, plan, hashes };
}

test('a process that is no gateway tells how it is, and serves no documents', async () => {
  await using project = await openProject(FILES);
  const stop = new AbortController();
  await using server = await serveOperations(project.engine, await projectIn(project.folder), {
    clock: systemClock,
    logger: silentLogger,
    signal: stop.signal,
  });
  const ask = (path: string): Promise<Response> => fetch(`${server.url}${path}`);
  await project.process(put('customers', { id: '1', name: 'one' }));

  expect((await ask('/-/ready')).status).toBe(200);
  expect(await (await ask('/-/check-up')).json()).toMatchObject({
    status: 'OK',
    checks: [{ name: 'pipeline' }, {}, {}, { name: 'store' }],
  });
  const text = await (await ask('/-/metrics')).text();
  for (const name of Object.keys(METRICS)) expect(text).toContain(`# TYPE ${name} `);
  expect(text).toMatch(/^millrace_freshness_seconds_count\{to="views"\} 1$/m);
  expect(text).toMatch(/^millrace_batch_records_sum 1$/m);
  expect(text).toMatch(/^millrace_line_stuck\{line="\w+",role="all"\} 0$/m);
  expect(await (await ask('/-/pipeline')).json()).toMatchObject({ project: 'project', live: { clients: 0 } });
  expect((await ask('/sv_customers')).status).toBe(404);
  stop.abort();
  expect((await ask('/-/ready')).status).toBe(503);
});
