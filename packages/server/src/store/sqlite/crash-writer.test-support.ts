/** The process that the kill test kills: appends to the log and writes units of work, and says of each when it was acknowledged. */
import { writeSync } from 'node:fs';
import { StoredRecord } from '../../core/record.ts';
import { EmbeddedLog } from '../../log/embedded/embedded-log.ts';
import { openEmbedded } from '../../sqlite/embedded-file.ts';
import { SqliteStore } from './sqlite-store.ts';

const [folder = '', from = '0'] = process.argv.slice(2);
const file = openEmbedded({ folder, checkpointEveryMs: 5, maxWalBytes: 4 * 1024 * 1024 });
const store = new SqliteStore(file);
const log = new EmbeddedLog(file);
await store.define([{ name: 'rows', kind: 'projection', key: ['id'], indexes: [{ fields: ['batch'], multi: false }] }]);

for (let batch = Number(from); ; batch++) {
  await log.append([{ topic: 'rows', key: null, value: String(batch) }]);
  writeSync(1, `appended ${batch}\n`);
  await store.transact(async (writer) => {
    const rows = Array.from({ length: 20 }, (_, i) => `${batch}/${i}`);
    await writer.write(
      'rows',
      rows.map((id) => ({
        id,
        previous: null,
        next: new StoredRecord(id, JSON.stringify({ id, batch, padding: 'x'.repeat(2000) }), 'PUBLIC', '{}'),
      })),
    );
    await writer.savePositions('engine', new Map([['rows', new Map([[0, batch + 1]])]]));
  });
  writeSync(1, `committed ${batch}\n`);
}
