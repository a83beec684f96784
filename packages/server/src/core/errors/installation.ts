import type { CatalogueEntries } from './catalogue-entry.ts';

/** Of files, databases, brokers and what they hold. */
export const INSTALLATION_ERRORS = {
  DATA_IN_USE: {
    whose: 'operator',
    retryable: false,
    what: 'Another engine works on the same data folder.',
    cure: 'Stop the named process, or give this one a data folder of its own. The lock ends with its holder, however that ends.',
  },
  DATA_TOO_NEW: {
    whose: 'operator',
    retryable: false,
    what: 'The data was written by a newer version of this program.',
    cure: 'Use that version or a newer one. Nothing was changed.',
  },
  DATA_NOT_FOUND: {
    whose: 'user',
    retryable: false,
    what: 'The data folder holds no data.',
    cure: 'Check the project and the data folder that were named; the data is made by the first start or ingest.',
  },
  STORE_UNREACHABLE: {
    whose: 'operator',
    retryable: true,
    what: 'The database cannot be reached, or refuses what is asked of it.',
    cure: 'Check store.mongo.url, the network and the credentials. A running engine goes on by itself when it is there again.',
  },
  LOG_UNREACHABLE: {
    whose: 'operator',
    retryable: true,
    what: 'The brokers cannot be reached, or refuse what is asked of them.',
    cure: 'Check log.kafka.brokers, tls and sasl, and the network. A running engine goes on by itself when they are there again.',
  },
  LOG_REFUSED: {
    whose: 'operator',
    retryable: false,
    what: 'The brokers refuse the credentials, or do not allow what is asked of them.',
    cure: 'Check log.kafka.tls and sasl, and the rights of the user that they name.',
  },
  STORE_REFUSED: {
    whose: 'operator',
    retryable: false,
    what: 'The database refuses the credentials, or does not allow what is asked of it.',
    cure: 'Check store.mongo.url and the rights of the user that it names.',
  },
  RECORD_TOO_LARGE: {
    whose: 'operator',
    retryable: false,
    what: 'A record is larger than the brokers take for its topic.',
    cure: 'Raise max.message.bytes of the topic (message.max.bytes of the brokers), or let the source send less in one record.',
  },
  TOPIC_MISSING: {
    whose: 'operator',
    retryable: true,
    what: 'A topic is not there, and may not be created (topics.create is false, or the broker does not allow it).',
    cure: 'millrace topics plan shows what is needed; millrace topics apply makes it.',
  },
  TOPIC_RECREATED: {
    whose: 'operator',
    retryable: false,
    what: 'A topic was deleted and made again: the position that was reached says nothing about the new one.',
    cure: 'Read it from its beginning with millrace start --accept-new-topic NAME, or bring the rows again with millrace replay. Of a topic between stages, millrace refresh VIEW afterwards builds what was on its way.',
  },
  DEFINITIONS_REPLACED: {
    whose: 'operator',
    retryable: true,
    what: 'A process that started later brought other definitions of the project: this one gives its work to it.',
    cure: 'Stop this process, or start it with the same definitions. Of two versions that are started in turn the last one works.',
  },
  POSITION_LOST: {
    whose: 'operator',
    retryable: false,
    what: 'Records were removed from a topic before they were processed: its retention is shorter than the delay.',
    cure: 'Start with --accept-lost NAME, which goes on with the oldest record that is kept; then millrace load or replay brings the rows again. A longer retention avoids it.',
  },
  MESSAGE_MALFORMED: {
    whose: 'operator',
    retryable: false,
    what: 'A message between two stages is not of the form that it should have.',
    cure: 'See what else writes into the topic. The stages hand over pr-update and sv-update of version 2.0.0 and sv-trigger of version 1.0.0.',
  },
  LOG_NOT_ERASABLE: {
    whose: 'user',
    retryable: false,
    what: 'Single records cannot be removed from this log.',
    cure: 'Its retention, or compaction, removes them. What is stored of the record was erased.',
  },
  ROLES_NOT_SHARED: {
    whose: 'user',
    retryable: false,
    what: 'Roles can be split over processes only where the log and the store are shared: Kafka and MongoDB.',
    cure: 'Leave --role away, or start with --prod (log.use: kafka and store.use: mongo).',
  },
  DOCUMENT_TOO_LARGE: {
    whose: 'user',
    retryable: false,
    what: 'A document is larger than the database keeps (MongoDB: 16 MB).',
    cure: 'Leave out what makes it large: fields of the projection, or lists of the single view that grow without a bound.',
  },
  STORE_FULL: {
    whose: 'operator',
    retryable: true,
    what: 'There is no space left on the disk of the data folder. The batch was rolled back; nothing is lost.',
    cure: 'Make room. A running engine goes on by itself.',
  },
  STORE_BUSY: {
    whose: 'operator',
    retryable: true,
    what: 'Another process held the lock of the data for too long.',
    cure: 'Find out who keeps the named file locked, for example a backup or a database tool.',
  },
  STORE_IO: {
    whose: 'operator',
    retryable: true,
    what: 'The operating system could not open, read or write a file of the data folder.',
    cure: 'Check that the folder can be written by this user, and that its disk is sound.',
  },
  STORE_CORRUPT: {
    whose: 'operator',
    retryable: false,
    what: 'A file of the data folder is damaged, or is not one of ours.',
    cure: 'Restore the data folder from a backup, or begin with an empty one and read the topics again.',
  },
  UNKNOWN_PARTITION: {
    whose: 'user',
    retryable: false,
    what: 'A record names a partition that its topic does not have.',
    cure: 'Leave the partition out, or name one that exists.',
  },
  FOREIGN_DATABASE: {
    whose: 'user',
    retryable: false,
    what: 'The database holds the data of another project.',
    cure: 'Give each project a database of its own: store.mongo.database, or MILLRACE_MONGODB_DATABASE.',
  },
  STORE_CONFLICT: {
    whose: 'operator',
    retryable: true,
    what: 'Records were changed by another process again and again while they were being written.',
    cure: 'Nothing: it is tried again. If it lasts, see that one process only updates each projection.',
  },
} as const satisfies CatalogueEntries;
