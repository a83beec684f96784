/** Time that one unit of bulk work may take: while fresh changes flow they wait behind it, else nobody does. */
export const BULK_STEP_MS = { flowing: 20, quiet: 100 } as const;

/** Before anything is known. */
const FIRST_ROWS = 100;
/** Share of the last step in what is known. */
const WEIGHT = 0.5;

/** How many rows make a unit of work of a given time, learnt from those before. */
export class Pace {
  #rowsPerMs: number | undefined;

  /** At least `least` rows, whatever they take: work never stands still. */
  rows(budgetMs: number, { least, most }: { readonly least: number; readonly most: number }): number {
    const wanted = this.#rowsPerMs === undefined ? FIRST_ROWS : Math.floor(this.#rowsPerMs * budgetMs);
    return Math.max(least, Math.min(most, wanted));
  }

  took(rows: number, ms: number): void {
    if (rows === 0) return;
    const rowsPerMs = rows / Math.max(ms, 0.05);
    this.#rowsPerMs = this.#rowsPerMs === undefined ? rowsPerMs : this.#rowsPerMs * (1 - WEIGHT) + rowsPerMs * WEIGHT;
  }
}
