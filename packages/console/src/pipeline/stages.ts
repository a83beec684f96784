import type { StageOverview } from '@millrace/client';

/** What each stage does and what its figures count, in the order of the way. */
export const STAGES: Readonly<Record<StageOverview['name'], { readonly gives: string; readonly does: string }>> = {
  ingest: { gives: 'changes', does: 'reads what the sources say' },
  project: { gives: 'rows changed', does: 'renames, casts, keeps each table' },
  strategy: { gives: 'rebuilds asked', does: 'finds the documents that show it' },
  aggregate: { gives: 'documents written', does: 'builds the single views' },
  serve: { gives: 'frames sent', does: 'tells everybody who watches' },
};

export const STAGE_ORDER = ['ingest', 'project', 'strategy', 'aggregate', 'serve'] as const;
