import { z } from 'zod';

/** Editors' pointer to the published schema, allowed in every file. */
export const schemaKey = z.string().optional().meta({ description: 'Where editors find the JSON Schema of this file' });

/** Names of projects, systems, projections and views: they stand in topics, addresses and file names. */
export const name = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_-]*$/, { error: 'a name of letters, digits, _ and -', abort: true });

/** Endings of files that hold functions, in the order in which they are looked for. */
export const CODE_ENDINGS = ['.js', '.ts', '.mjs', '.cjs', '.mts', '.cts'] as const;

export const codeOrFile = z.string().regex(/\.[mc]?[jt]s$/, { error: 'the path of a .js or .ts file', abort: true });

/** `1.0.0` and the like; absent, the newest that is known. */
export const versionOf = <const T extends readonly [string, ...string[]]>(versions: T) =>
  z.enum(versions).optional().meta({ description: 'Version of the file format' });
