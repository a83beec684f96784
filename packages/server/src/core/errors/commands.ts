import type { CatalogueEntries } from './catalogue-entry.ts';

/** Of what is asked for on the command line. */
export const COMMAND_ERRORS = {
  WRONG_USAGE: {
    whose: 'user',
    retryable: false,
    what: 'A command, option or argument of the command line is not one that there is.',
    cure: 'Run the command with --help: it lists what there is, with examples.',
  },
  UNKNOWN_COLLECTION: {
    whose: 'user',
    retryable: false,
    what: 'A command, or user code, names a collection that the project does not define.',
    cure: 'Name a projection or a single view of the project; millrace explain lists them.',
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
} as const satisfies CatalogueEntries;
