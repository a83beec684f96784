/**
 * Numbered steps from an empty file to the present one. A step that was released never changes: what follows is a new step.
 *
 * Tables of collections (`c<id>_<name>`) and of topic partitions (`l<id>_<partition>`) are made when they are first needed: names of
 * SQLite's tables do not tell upper from lower case, so the id, not the name, tells two of them apart.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE collections (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    definition TEXT NOT NULL
  ) STRICT;

  CREATE TABLE topics (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    topic TEXT NOT NULL UNIQUE,
    topic_id TEXT NOT NULL
  ) STRICT;
  CREATE TABLE partitions (
    topic INTEGER NOT NULL,
    partition INTEGER NOT NULL,
    begin_offset INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE positions (
    consumer TEXT NOT NULL,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    next_offset INTEGER NOT NULL,
    PRIMARY KEY (consumer, topic, partition)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE facts (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE queue (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    lane TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    payload TEXT NOT NULL,
    UNIQUE (kind, scope, key)
  ) STRICT;
  CREATE INDEX queue_due ON queue (kind, scope, lane, due_at);

  CREATE TABLE errors (
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    topic TEXT,
    partition INTEGER,
    record_offset INTEGER,
    timestamp INTEGER,
    key BLOB,
    value BLOB,
    headers TEXT NOT NULL,
    system TEXT,
    projection TEXT,
    view TEXT,
    identifier TEXT,
    attempts INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    resolved_at INTEGER
  ) STRICT;
  CREATE INDEX errors_created ON errors (created_at);
  CREATE INDEX errors_open ON errors (view, identifier) WHERE resolved_at IS NULL;
  `,
  // A row of the queue keeps its place (`n`) when something is put into it again, and gets a new `seq` (until then `n`).
  `
  ALTER TABLE queue RENAME COLUMN seq TO n;
  ALTER TABLE queue ADD COLUMN seq INTEGER;

  DROP INDEX errors_created;
  CREATE INDEX errors_created ON errors (created_at, id);
  CREATE INDEX errors_age ON errors (kind, coalesce(resolved_at, created_at));
  CREATE INDEX errors_counts ON errors (kind, coalesce(view, projection, ''), code) WHERE resolved_at IS NULL;
  `,
];
