import type { NetChange } from './net-change.ts';

/** Changes that wait for a snapshot, at most: where there are more, a newer snapshot is taken instead. */
const MOST_QUEUED = 10_000;

/** What a commit changed for one query. */
export interface QueuedCommit {
  readonly sequence: number;
  readonly changes: readonly NetChange[];
}

/** What was committed since a snapshot was asked for that is being read. */
export class CommitQueue {
  #commits: QueuedCommit[] = [];
  #changes = 0;

  /** False where these are too many. */
  add(commit: QueuedCommit): boolean {
    this.#commits.push(commit);
    this.#changes += commit.changes.length;
    return this.#changes <= MOST_QUEUED;
  }

  after(sequence: number): readonly QueuedCommit[] {
    return this.#commits.filter((commit) => commit.sequence > sequence);
  }

  clear(): void {
    this.#commits = [];
    this.#changes = 0;
  }
}
