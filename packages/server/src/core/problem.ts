/** A place in a configuration file. `path` leads through its keys; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly path: readonly (string | number)[];
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

/** Something wrong, or doubtful, in a project's configuration. All of them are reported at once. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  /** From the catalogue (`errors.ts`). */
  readonly code: string;
  readonly place: Place;
  /** What is wrong, naming the value: one sentence, no full stop. */
  readonly message: string;
  /** What would be right. */
  readonly expected?: string | undefined;
  /** What to do. */
  readonly cure?: string | undefined;
}
