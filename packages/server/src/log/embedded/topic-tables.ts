import { must } from '../../core/assert.ts';
import type { Statements } from '../../sqlite/statements.ts';

/** A partition of a topic and the texts of its statements: `l<topic>_<partition> (offset, ts, key, value, headers)`, a row per record. */
export class PartitionTable {
  readonly topic: string;
  readonly topicNumber: number;
  readonly partition: number;
  readonly table: string;
  readonly insertSql: string;
  readonly readSql: string;

  constructor(topic: string, topicNumber: number, partition: number) {
    this.topic = topic;
    this.topicNumber = topicNumber;
    this.partition = partition;
    this.table = `l${topicNumber}_${partition}`;
    this.insertSql = `INSERT INTO ${this.table} (offset, ts, key, value, headers) VALUES (?, ?, ?, ?, ?)`;
    this.readSql = `SELECT offset, ts, key, value, headers FROM ${this.table} WHERE offset >= ? ORDER BY offset LIMIT ?`;
  }

  /** Offset of the next record: records may have been trimmed up to the last. */
  end(statements: Statements): number {
    const [last] = must(statements.first<[number | null]>(`SELECT max(offset) FROM ${this.table}`), 'An aggregate has a row');
    return last === null ? this.begin(statements) : last + 1;
  }

  /** Offset of the oldest record that is kept. */
  begin(statements: Statements): number {
    const sql = 'SELECT begin_offset FROM partitions WHERE topic = ? AND partition = ?';
    return must(statements.first<[number]>(sql, this.topicNumber, this.partition), `Partition ${this.table} exists`)[0];
  }

  /** Of the records that are kept. */
  bytes(statements: Statements): number {
    const sql = 'SELECT bytes FROM partitions WHERE topic = ? AND partition = ?';
    return must(statements.first<[number]>(sql, this.topicNumber, this.partition), `Partition ${this.table} exists`)[0];
  }
}

export interface Topic {
  readonly topic: string;
  readonly topicId: string;
  readonly partitions: readonly PartitionTable[];
}

/** The topics of a file as one connection sees them. Topics and partitions only ever come; they are read again to find new ones. */
export class TopicTables {
  readonly #statements: Statements;
  #topics = new Map<string, Topic>();

  constructor(statements: Statements) {
    this.#statements = statements;
    this.reload();
  }

  reload(): void {
    const rows = this.#statements.all<[string, string, number, number]>(
      'SELECT t.topic, t.topic_id, t.id, p.partition FROM topics t JOIN partitions p ON p.topic = t.id ORDER BY t.topic, p.partition',
    );
    const topics = new Map<string, { topic: string; topicId: string; partitions: PartitionTable[] }>();
    for (const [topic, topicId, number, partition] of rows) {
      const known = this.#topics.get(topic);
      const same = known?.topicId === topicId ? known.partitions[partition] : undefined;
      const entry = topics.get(topic) ?? { topic, topicId, partitions: [] };
      entry.partitions.push(same ?? new PartitionTable(topic, number, partition));
      topics.set(topic, entry);
    }
    this.#topics = topics;
  }

  get(topic: string): Topic | undefined {
    return this.#topics.get(topic);
  }

  all(): Topic[] {
    return [...this.#topics.values()];
  }

  /** Within a unit of work on this connection. */
  create(topic: string, topicId: string, partitions: number): Topic {
    const insert = this.#statements.get('INSERT INTO topics (topic, topic_id) VALUES (?, ?)');
    const number = Number(insert.run(topic, topicId).lastInsertRowid);
    for (let partition = 0; partition < partitions; partition++) {
      this.#statements.run('INSERT INTO partitions (topic, partition, begin_offset, bytes) VALUES (?, ?, 0, 0)', number, partition);
      this.#statements.db.exec(
        `CREATE TABLE l${number}_${partition}
         (offset INTEGER PRIMARY KEY, ts INTEGER NOT NULL, key ANY, value ANY, headers TEXT) STRICT`,
      );
    }
    this.reload();
    return must(this.get(topic), 'A topic that was made is there');
  }
}
