/** A function of the user's: the default export (or `module.exports`) of a file, or a named export of it. */
export interface CodeReference {
  /** Absolute path, with its ending. */
  readonly file: string;
  readonly export?: string | undefined;
}
