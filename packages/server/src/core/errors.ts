/**
 * The error catalogue: one table, from which the documentation is generated. Codes are stable: users match on them.
 *
 * `whose` says who can cure it; `retryable` whether waiting may help. The message of an error says what happened, naming the thing, the
 * value and the expectation; what to do stands here.
 */
interface CatalogueEntry {
  readonly whose: 'user' | 'operator' | 'millrace';
  readonly retryable: boolean;
  readonly what: string;
  readonly cure: string;
}

export const CATALOGUE = {
  INTERNAL: {
    whose: 'millrace',
    retryable: false,
    what: 'A check of our own code failed.',
    cure: 'Report it, with the message and the steps that led to it.',
  },
  INVALID_QUERY: {
    whose: 'user',
    retryable: false,
    what: 'A filter, sort or projection of fields is not one that can be carried out.',
    cure: 'Change the named operator, path or value. The operators of the filter language are listed in the documentation.',
  },
  INVALID_EXTENDED_JSON: {
    whose: 'user',
    retryable: false,
    what: 'A typed value in extended JSON is malformed.',
    cure: 'Write it as MongoDB Extended JSON (v2) does, for example {"$date": "2024-05-01T10:00:00Z"} or {"$numberLong": "42"}.',
  },
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
    cure: 'Read it from its beginning with millrace start --accept-new-topic NAME, or bring the rows again with millrace replay.',
  },
  POSITION_LOST: {
    whose: 'operator',
    retryable: false,
    what: 'Records were removed from a topic before they were processed: its retention is shorter than the delay.',
    cure: 'millrace load or replay brings the rows again; then start with --accept-lost NAME. A longer retention avoids it.',
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
  CONFIG_FILE_MISSING: {
    whose: 'user',
    retryable: false,
    what: 'A file or folder that the configuration names is not there.',
    cure: 'Create it, or correct the path; the message says where it was looked for.',
  },
  CONFIG_SYNTAX: {
    whose: 'user',
    retryable: false,
    what: 'A configuration file cannot be read: it is not valid YAML or JSON, or the program that it is does not run.',
    cure: 'Correct the named line. In .json files comments and trailing commas are not allowed.',
  },
  CONFIG_UNKNOWN_KEY: {
    whose: 'user',
    retryable: false,
    what: 'A configuration file has a key that means nothing.',
    cure: 'Correct its name or remove it; the known keys are listed with the problem.',
  },
  CONFIG_MISSING_KEY: {
    whose: 'user',
    retryable: false,
    what: 'A configuration file lacks a key that must be there.',
    cure: 'Add the key.',
  },
  CONFIG_VALUE: {
    whose: 'user',
    retryable: false,
    what: 'A value in the configuration is not one of those that are possible at its place.',
    cure: 'Change it to what is expected.',
  },
  CONFIG_CLASH: {
    whose: 'user',
    retryable: false,
    what: 'Two parts of the configuration claim the same name, topic or place.',
    cure: 'Rename or remove one of the two that the message names.',
  },
  CONFIG_CONTRADICTION: {
    whose: 'user',
    retryable: false,
    what: 'Two options of the configuration exclude each other.',
    cure: 'Remove one of the two that the message names.',
  },
  CONFIG_INSECURE: {
    whose: 'user',
    retryable: false,
    what: 'A setting lets others read a secret, or reach what they should not.',
    cure: 'Set what is expected, unless nobody else is on that network.',
  },
  CONFIG_NO_EFFECT: {
    whose: 'user',
    retryable: false,
    what: 'A part of the configuration does nothing.',
    cure: 'Remove it, or give it what it lacks; the message says why it does nothing.',
  },
  CONFIG_VERSION: {
    whose: 'user',
    retryable: false,
    what: 'A file uses a feature that is newer than the version which it declares. It works here; the original would refuse it.',
    cure: 'Raise the declared version.',
  },
  WRONG_USAGE: {
    whose: 'user',
    retryable: false,
    what: 'A command, option or argument of the command line is not one that there is.',
    cure: 'Run the command with --help: it lists what there is, with examples.',
  },
  CONFIGURATION_REFUSED: {
    whose: 'user',
    retryable: false,
    what: 'The configuration of the project has errors, so nothing was started.',
    cure: 'Run millrace check: it lists all of them, each with its place and its cure.',
  },
  UNKNOWN_COLLECTION: {
    whose: 'user',
    retryable: false,
    what: 'A command, or user code, names a collection that the project does not define.',
    cure: 'Name a projection or a single view of the project; millrace explain lists them.',
  },
  PORT_IN_USE: {
    whose: 'operator',
    retryable: false,
    what: 'Another program listens on the port already.',
    cure: 'Stop that program, or give this one another port: --port, or http.port; 0 takes a free one.',
  },
  CANNOT_LISTEN: {
    whose: 'operator',
    retryable: false,
    what: 'The operating system does not let this program listen on the address.',
    cure: 'Name an address of this machine in http.host, and a port that this user may listen on (from 1024) in http.port.',
  },
  UNAUTHORIZED: {
    whose: 'user',
    retryable: false,
    what: 'A request carries no token, or not the right one.',
    cure: 'Send the token of http.token in the header Authorization: Bearer <token>.',
  },
  HOST_REFUSED: {
    whose: 'user',
    retryable: false,
    what: 'A request names a host that this server is not known by: web pages of others could reach it by such names.',
    cure: 'Call it by the address it listens on, or set http.token (or http.unguarded: true), with which any name will do.',
  },
  ORIGIN_REFUSED: {
    whose: 'user',
    retryable: false,
    what: 'A request comes from a web page of an origin that may not call.',
    cure: 'Add the origin of the page to http.origins.',
  },
  METHOD_NOT_ALLOWED: {
    whose: 'user',
    retryable: false,
    what: 'A request uses a method that the address does not take: collections are read only.',
    cure: 'Use GET or HEAD. What is written comes from the systems of record.',
  },
  MALFORMED_REQUEST: {
    whose: 'user',
    retryable: false,
    what: 'A request is not one that HTTP allows, or its address is not well encoded.',
    cure: 'Encode the address as URLs are: encodeURIComponent in JavaScript, --data-urlencode with --get in curl.',
  },
  URL_TOO_LONG: {
    whose: 'user',
    retryable: false,
    what: 'The address of a request is longer than allowed.',
    cure: 'Ask for less at once: split long lists of $in over several requests.',
  },
  UNKNOWN_ROUTE: {
    whose: 'user',
    retryable: false,
    what: 'There is nothing at the address of a request.',
    cure: 'See the documentation of the HTTP interface, or /-/openapi.json, for what is served.',
  },
  UNKNOWN_PARAMETER: {
    whose: 'user',
    retryable: false,
    what: 'A request has a parameter that means nothing at its address.',
    cure: 'Correct its name or leave it out. Fields of the collection are parameters too; others are filtered with _q.',
  },
  INVALID_PARAMETER: {
    whose: 'user',
    retryable: false,
    what: 'A parameter of a request has a value that is not possible.',
    cure: 'Change it to what is expected.',
  },
  UNKNOWN_DOCUMENT: {
    whose: 'user',
    retryable: false,
    what: 'The collection has no document of this id, or none in the states that were asked for.',
    cure: 'Ids are derived from keys: the value itself for one field, a=1&b=x (percent-encoded) for several. Only PUBLIC documents are shown unless _st says more.',
  },
  NOT_ACCEPTABLE: {
    whose: 'user',
    retryable: false,
    what: 'A request accepts only forms that are not served at its address.',
    cure: 'Accept one of the forms that the message names.',
  },
  QUERY_TOO_SLOW: {
    whose: 'user',
    retryable: true,
    what: 'A query took longer than http.maxQueryMs and was stopped.',
    cure: 'Ask for fields that are indexed (keys, and fields that relations join), ask for less, or raise http.maxQueryMs.',
  },
  QUERY_TOO_LARGE: {
    whose: 'user',
    retryable: false,
    what: 'A query needed more memory than there is for queries, and was stopped.',
    cure: 'Sort less at once: a filter on indexed fields, a limit, or no sort.',
  },
  TOO_MANY_REQUESTS: {
    whose: 'user',
    retryable: true,
    what: 'More queries or exports wait than are allowed at a time.',
    cure: 'Wait for some of them to end, then try again.',
  },
  EXPORT_BROKEN: {
    whose: 'operator',
    retryable: true,
    what: 'A sorted export lost its place, because another query had to be stopped.',
    cure: 'Begin it again; without a sort it would have gone on.',
  },
  LIVE_LIMIT: {
    whose: 'user',
    retryable: false,
    what: 'A live query has more rows than are allowed, or a connection more live queries.',
    cure: 'Narrow the query, or give it a limit; unsubscribe from what is no longer needed; or raise live.maxRows or live.maxSubscriptions.',
  },
  INVALID_FRAME: {
    whose: 'user',
    retryable: false,
    what: 'A frame of a live-query client lacks something, or holds something else than is expected.',
    cure: 'Correct the named member. The frames are described in docs/reference/live-protocol.md.',
  },
  UNKNOWN_PROJECT: {
    whose: 'user',
    retryable: false,
    what: 'A client names another project, or another database, than the one that is served.',
    cure: 'Use the id of the project file, and the alias of modules.fastData.alias (mongo unless set) as the database.',
  },
  READ_ONLY: {
    whose: 'user',
    retryable: false,
    what: 'A client of the original API wants to write, or calls something that is not served.',
    cure: 'Read and subscribe only: what is written comes from the systems of record.',
  },
  UNSUPPORTED_CALL: {
    whose: 'user',
    retryable: false,
    what: 'User code calls something that its database handle does not have, or may not do.',
    cure: 'Use what the message names. Only the collection that is handed to an upsert or delete function can be written.',
  },
  UNKNOWN_TOPIC: {
    whose: 'user',
    retryable: false,
    what: 'A record names a topic that no projection reads.',
    cure: 'Correct the name of the topic, or append with --force where the record is meant for others.',
  },
  UNKNOWN_ENTRY: {
    whose: 'user',
    retryable: false,
    what: 'A command names a dead letter or error that is not there.',
    cure: 'Take the id from millrace errors list --all.',
  },
  MALFORMED_LINE: {
    whose: 'user',
    retryable: false,
    what: 'A line of the input of ingest is not a record.',
    cure: 'Correct the named line and send the rest again from there, or skip such lines with --skip-malformed.',
  },
  NOT_REPLAYABLE: {
    whose: 'user',
    retryable: false,
    what: 'A dead letter is a row of a file that was loaded: no log has it, so it cannot be processed again.',
    cure: 'Correct the row in its file and load it again; then drop the entry with millrace errors drop.',
  },
  MALFORMED_ROW: {
    whose: 'user',
    retryable: false,
    what: 'A line of a file that was loaded is no row.',
    cure: 'Correct the named line, and load it again in a file of its own, or all of the file: rows that are as stored change nothing.',
  },
  LOAD_FILE_CHANGED: {
    whose: 'user',
    retryable: false,
    what: 'A file is no longer what it was when its load began, so that nobody can tell where to go on.',
    cure: 'Put the file back as it was, or begin anew with millrace load --restart: rows that are as stored change nothing.',
  },
  TOO_MANY_REFUSED: {
    whose: 'user',
    retryable: false,
    what: 'A load refused more rows than it may. It stopped; what was loaded before is in, and in the views.',
    cure: 'See the refused rows with millrace errors list. Go on with a higher --max-refused, or correct the file and begin anew with --restart.',
  },
  LOAD_UNFINISHED: {
    whose: 'user',
    retryable: false,
    what: 'Other files are being loaded into the projection, or their load stopped.',
    cure: 'Wait for its end (millrace jobs), or go on with it: millrace load with the system and the projection alone. One that stopped is given up where it is with --restart.',
  },
  UNREADABLE_INPUT: {
    whose: 'user',
    retryable: false,
    what: 'The file that a command should read cannot be read.',
    cure: 'Correct its path or its permissions, or send it to the standard input.',
  },
  MALFORMED_KEY: {
    whose: 'user',
    retryable: false,
    what: 'The key of a record is needed and is not JSON, or its bytes are no text.',
    cure: 'Have the source write keys as JSON (Kafka Connect: JsonConverter); then replay the dead letter.',
  },
  MALFORMED_VALUE: {
    whose: 'user',
    retryable: false,
    what: 'The value of a record is not what its format expects.',
    cure: 'Check that the format of the system is the one that its source writes; then replay the dead letter.',
  },
  REGISTRY_ENCODED: {
    whose: 'user',
    retryable: false,
    what: 'A record is encoded with a schema registry (Avro, Protobuf or JSON Schema), which is not supported.',
    cure: 'Have the source write plain JSON (Kafka Connect: JsonConverter), or decode it in an adapter of your own.',
  },
  UNKNOWN_OPERATION: {
    whose: 'user',
    retryable: false,
    what: 'A record names an operation that its format does not have.',
    cure: 'Check that the format of the system is the one that its source writes; then replay the dead letter.',
  },
  MISSING_ROW: {
    whose: 'user',
    retryable: false,
    what: 'A change carries no row, nor what of the row has changed.',
    cure: 'Have the source send whole rows. MongoDB: set `capture.mode` to `change_streams_update_full`, or to one with post-images.',
  },
  ADAPTER_FAILED: {
    whose: 'user',
    retryable: true,
    what: 'The adapter of a system threw, took longer than a second, or could not be loaded.',
    cure: 'Correct the adapter. The record is tried again alone, then becomes a dead letter that can be replayed.',
  },
  ADAPTER_RESULT: {
    whose: 'user',
    retryable: false,
    what: 'The adapter of a system returned something that is no change.',
    cure: 'Return `{keyObject, value}` or `{operation, key, before, after}`; then replay the dead letter.',
  },
  UNCASTABLE_FIELD: {
    whose: 'user',
    retryable: false,
    what: 'A value of a row cannot be cast to the type of a field that may not be null.',
    cure: 'Correct the row at its source, give the field another type or cast function, or make it nullable; then replay the dead letter.',
  },
  NULL_FIELD: {
    whose: 'user',
    retryable: false,
    what: 'A row has null in a field that may not be null.',
    cure: 'Make the field nullable or correct the row at its source; then replay the dead letter.',
  },
  MISSING_FIELD: {
    whose: 'user',
    retryable: false,
    what: 'A row lacks a required field.',
    cure: 'Check the source name of the field, do not require it, or have the source send it; then replay the dead letter.',
  },
  MISSING_KEY: {
    whose: 'user',
    retryable: false,
    what: 'A field of the primary key is missing or null in a row.',
    cure: 'Check that the primary key names fields of the source that every row has, by their source names; then replay the dead letter.',
  },
  RECORD_EXISTS: {
    whose: 'user',
    retryable: false,
    what: 'A row was inserted under a key that the projection already has, and the projection does not allow upserts.',
    cure: 'Allow upserts (`upsert: true`), or find out which change was lost before it.',
  },
  RECORD_MISSING: {
    whose: 'user',
    retryable: false,
    what: 'A row was changed that the projection does not have, by a change that cannot create it.',
    cure: 'Load the rows that came before, or capture whole rows instead of patches; then replay the dead letter.',
  },
  STORE_CONFLICT: {
    whose: 'operator',
    retryable: true,
    what: 'Records were changed by another process again and again while they were being written.',
    cure: 'Nothing: it is tried again. If it lasts, see that one process only updates each projection.',
  },
  UNKNOWN_FIELD: {
    whose: 'user',
    retryable: false,
    what: 'A condition, a mapping or an identifier names a field that the collection does not have.',
    cure: 'Correct the name, or add the field to the projection or to the mapping of the view.',
  },
  CONDITION_NAME_CLASH: {
    whose: 'user',
    retryable: false,
    what: 'Two conditions of the ER schema have one name.',
    cure: 'Give each condition a name of its own: aggregations refer to them by it. Only the declared reverse of the same pair may share a name.',
  },
  FOREIGN_COLLECTION: {
    whose: 'user',
    retryable: false,
    what: 'A relation names a collection that Millrace does not keep.',
    cure: 'It is read where the store can; define a projection for it if its changes should rebuild views.',
  },
  JOIN_TYPES: {
    whose: 'user',
    retryable: false,
    what: 'A condition compares fields whose types can never be equal.',
    cure: 'Cast both fields to one type in their projections.',
  },
  JOIN_TYPES_UNKNOWN: {
    whose: 'user',
    retryable: false,
    what: 'A condition compares a field whose type is not known, so it is not checked.',
    cure: 'Nothing, if the types agree.',
  },
  CONDITION_TOO_LARGE: {
    whose: 'user',
    retryable: false,
    what: 'A condition combines so many alternatives that it cannot be looked up.',
    cure: 'Use $in instead of $or over one field, or split the condition.',
  },
  CONFIG_CYCLE: {
    whose: 'user',
    retryable: false,
    what: 'A config block of an aggregation contains itself.',
    cure: 'Remove one of the config dependencies on the circle.',
  },
  UNKNOWN_CONFIG: {
    whose: 'user',
    retryable: false,
    what: 'A dependency of type config has no block of its name.',
    cure: 'Add the block under config, or correct the name.',
  },
  UNUSED_CONFIG: {
    whose: 'user',
    retryable: false,
    what: 'A block of an aggregation is used by no other.',
    cure: 'Add it to the dependencies of a block, or remove it.',
  },
  UNKNOWN_DEPENDENCY: {
    whose: 'user',
    retryable: false,
    what: 'A name is not a dependency that can be seen from where it stands.',
    cure: 'Add it to the dependencies of the block, or correct the name. Constants are written __string__[…], __integer__[…] or __boolean__[…].',
  },
  UNKNOWN_CONDITION: {
    whose: 'user',
    retryable: false,
    what: 'A dependency stands on a condition that the ER schema does not have.',
    cure: 'Add the condition to the ER schema, or correct the name.',
  },
  CONDITION_ELSEWHERE: {
    whose: 'user',
    retryable: false,
    what: 'A dependency stands on a condition between other collections.',
    cure: "Use a condition that has the dependency's collection at one end, or name the collection with aliasOf.",
  },
  AMBIGUOUS_SOURCE: {
    whose: 'user',
    retryable: false,
    what: 'A dependency could start from several others.',
    cure: 'Name the one that is meant with useAlias.',
  },
  UNREACHABLE_DEPENDENCY: {
    whose: 'user',
    retryable: false,
    what: 'No dependency that can be seen reads the collection from which a condition starts.',
    cure: 'Add a dependency on that collection, or use another condition.',
  },
  DEPENDENCY_CYCLE: {
    whose: 'user',
    retryable: false,
    what: 'Dependencies of a block need each other.',
    cure: 'Start one of them from another dependency with useAlias.',
  },
  DEPENDENCY_ORDER: {
    whose: 'user',
    retryable: false,
    what: 'The declared order resolves a dependency before one that it needs.',
    cure: 'Remove dependencyOrder: a right order is derived.',
  },
  DEPENDENCY_ORDER_INCOMPLETE: {
    whose: 'user',
    retryable: false,
    what: 'The declared order leaves out dependencies; they are resolved last.',
    cure: 'Name all dependencies, or remove dependencyOrder.',
  },
  NO_BASE: {
    whose: 'user',
    retryable: false,
    what: 'No dependency of the root block stands on the identifier.',
    cure: 'Give the base projection "on": "_identifier".',
  },
  SEVERAL_BASES: {
    whose: 'user',
    retryable: false,
    what: 'Several dependencies of the root block stand on the identifier.',
    cure: 'Keep one of them, and join the others to it by conditions.',
  },
  UNKNOWN_IDENTIFIER_KEY: {
    whose: 'user',
    retryable: false,
    what: 'The single view key takes a key that identifiers do not have.',
    cure: "Name one of the identifier's keys, or remove singleViewKey.json: the key is derived.",
  },
  PATH_NOT_WALKABLE: {
    whose: 'user',
    retryable: false,
    what: 'A declared path has two neighbours between which the ER schema has no condition.',
    cure: 'Add a condition between them, or correct the path.',
  },
  PATH_MISSING: {
    whose: 'user',
    retryable: false,
    what: 'The declared paths lack a way by which a change can reach the view: its documents may become stale.',
    cure: 'Add the path, or remove projectionChangesSchema.json: all paths are derived.',
  },
  PATH_NEEDLESS: {
    whose: 'user',
    retryable: false,
    what: 'A declared path rebuilds a view that does not show the changed document.',
    cure: 'Remove the path, unless a function reads the collection.',
  },
  NO_STRATEGY: {
    whose: 'user',
    retryable: false,
    what: 'Nothing says which changes rebuild a view that is built by pipeline.js.',
    cure: 'Add projectionChangesSchema.json, or kafkaProjectionUpdates.json with strategies of your own.',
  },
  STRATEGY_MISSING: {
    whose: 'user',
    retryable: false,
    what: 'A projection that the view shows has no strategy: its changes will not rebuild the view.',
    cure: 'Add it to kafkaProjectionUpdates.json with "strategy": "__automatic__", or remove the file.',
  },
  STRATEGY_WITHOUT_PATH: {
    whose: 'user',
    retryable: false,
    what: 'An automatic strategy has no path from its projection to the view.',
    cure: 'Remove it, or add what joins the projection to the view.',
  },
  VIEW_CYCLE: {
    whose: 'user',
    retryable: false,
    what: 'Single views read each other in a circle.',
    cure: 'Let one of them read the projections instead.',
  },
  UNTRACKED_READS: {
    whose: 'user',
    retryable: false,
    what: 'A function may read collections through db, whose changes do not rebuild the view.',
    cure: 'Name those collections in dependsOn of the view.',
  },
  UNSUPPORTED_OPERATION: {
    whose: 'user',
    retryable: false,
    what: 'A function of yours used an operator, stage or method that is not supported.',
    cure: 'Use one of those that the message names.',
  },
  DUPLICATE_DOCUMENT: {
    whose: 'user',
    retryable: false,
    what: 'An insertOne of yours met a document with the same _id.',
    cure: 'Use replaceOne or updateOne with upsert: true.',
  },
  USER_CODE_FAILED: {
    whose: 'user',
    retryable: false,
    what: 'A function of yours threw, or passed its time limit, at every attempt.',
    cure: 'Correct the function; then replay the entry with millrace errors replay.',
  },
  STRATEGY_FAILED: {
    whose: 'user',
    retryable: false,
    what: 'A strategy of yours failed at every attempt, or gave something else than identifiers.',
    cure: 'Correct the strategy; then replay the entry with millrace errors replay.',
  },
  NO_SV_GENERATED: {
    whose: 'user',
    retryable: false,
    what: 'The base record exists, and the aggregation gave nothing.',
    cure: 'Look at what pipeline.js gives for this identifier.',
  },
  VALIDATION_ERROR: {
    whose: 'user',
    retryable: false,
    what: 'The validator refused the document of a single view.',
    cure: 'Correct the data or validator.js. By default the stored document was deleted; onInvalid: keep leaves it.',
  },
  UNKNOWN_ERROR: {
    whose: 'user',
    retryable: false,
    what: 'The build of a single view failed.',
    cure: 'See the reason; correct the function it names, and replay the entry.',
  },
  SINGLE_VIEW_AGGREGATION_MAX_TIME: {
    whose: 'user',
    retryable: false,
    what: 'The build of a single view passed maxProcessingMs.',
    cure: 'Make the function faster, or raise maxProcessingMs of the view.',
  },
  CODE_NOT_USABLE: {
    whose: 'user',
    retryable: false,
    what: 'A file of yours that the configuration names cannot be loaded, or does not export a function.',
    cure: 'Correct the file; the message says what is wrong with it. What millrace check loads is what the engine loads.',
  },
  TEST_FILE: {
    whose: 'user',
    retryable: false,
    what: 'A file of a test case is missing, is too many, or holds something that cannot be used.',
    cure: 'Correct the named place. A case is a folder tests/<view>/<case> with fixtures.json, identifier.json and expected.json.',
  },
  NO_TESTS: {
    whose: 'user',
    retryable: false,
    what: 'A project has no test cases, or none where they were looked for.',
    cure: 'Add a case: a folder tests/<view>/<case> with fixtures.json and identifier.json; millrace test --update writes expected.json.',
  },
  FOLDER_NOT_EMPTY: {
    whose: 'user',
    retryable: false,
    what: 'A new project would be written into a folder that holds something.',
    cure: 'Name another folder, or empty this one. Nothing was written.',
  },
  OUTPUT_FAILED: {
    whose: 'user',
    retryable: false,
    what: 'A file that a command was asked to write could not be written.',
    cure: 'Check that its folder exists, that it may be written there, and that there is space left.',
  },
  FILE_EXISTS: {
    whose: 'user',
    retryable: false,
    what: 'A file that would be written is there already.',
    cure: 'Name another file, or replace it with --force.',
  },
  COLLECTION_IN_USE: {
    whose: 'user',
    retryable: false,
    what: 'A collection that is to be dropped is defined in the project.',
    cure: 'Remove it from the project first. To empty it and build it anew, drop it with --force.',
  },
  UNKNOWN_JOB: {
    whose: 'user',
    retryable: false,
    what: 'A job is not known, or of a kind that this program does not know.',
    cure: 'See "millrace jobs". A job that a newer program was asked for is done by a newer program.',
  },
  BACKUP_STOPPED: {
    whose: 'user',
    retryable: false,
    what: 'A backup was stopped before it was complete. The data are untouched, and no file was left.',
    cure: 'Run it again.',
  },
  BACKUP_ELSEWHERE: {
    whose: 'user',
    retryable: false,
    what: 'The documents are not in the data folder, so that no copy of it would hold them.',
    cure: 'Use what the database has for it: mongodump and mongorestore with --oplog, or snapshots. Topics can be read again as far as their retention reaches.',
  },
  BACKUP_INVALID: {
    whose: 'operator',
    retryable: false,
    what: 'A backup is damaged, or the file is none of ours.',
    cure: 'Take another backup. The data folder was left as it was.',
  },
} as const satisfies Readonly<Record<string, CatalogueEntry>>;

export type ErrorCode = keyof typeof CATALOGUE;

/** An error with a code of the catalogue. Never thrown for bugs: those are assertions. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  get retryable(): boolean {
    return CATALOGUE[this.code].retryable;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
