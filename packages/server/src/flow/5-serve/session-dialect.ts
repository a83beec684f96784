/**
 * Generations of clients, told apart by their subscribe frames and by the path on which they came.
 *
 * | dialect | who                                | what is special                                              |
 * |---------|------------------------------------|--------------------------------------------------------------|
 * | `own`   | our client (`version`)             | extended JSON, order, positions                              |
 * | `0.10`  | `space-api` 0.10 (`options`)       | an empty first result needs a trick to be seen               |
 * | `0.19`  | `space-api` from 0.12 (project path) | finds rows by `find`, not by `docId`                       |
 * | `0.5`   | `space-api` up to 0.5 (no options) | knows `write` and `delete` alone; the oldest ignores `docs`  |
 */
export type Dialect = 'own' | '0.10' | '0.19' | '0.5';
