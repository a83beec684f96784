import type { CatalogueEntries } from './catalogue-entry.ts';

/** Of the project file and the files that it names. */
export const CONFIGURATION_ERRORS = {
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
  CONFIGURATION_REFUSED: {
    whose: 'user',
    retryable: false,
    what: 'The configuration of the project has errors, so nothing was started.',
    cure: 'Run millrace check: it lists all of them, each with its place and its cure.',
  },
} as const satisfies CatalogueEntries;
