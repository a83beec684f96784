import { useEffect, useRef, useState } from 'react';
import { leafChanges } from './leaf-changes.ts';
import type { LeafMark } from './leaf-changes.ts';

export interface DocumentChanges {
  /** The last that was seen; stays when the document is gone. */
  readonly document: Readonly<Record<string, unknown>> | undefined;
  readonly marks: ReadonlyMap<string, LeafMark>;
  /** How often it changed since it was opened. */
  readonly version: number;
}

/** How long changed leaves stay marked after the last change. */
const MARKED_MS = 4_000;
const NONE: ReadonlyMap<string, LeafMark> = new Map();
const NOTHING: DocumentChanges = { document: undefined, marks: NONE, version: 0 };

/** Follows one document and marks what changes in it. While paused it stands still. */
export function useDocumentChanges(id: string, isPaused: boolean, latest: Readonly<Record<string, unknown>> | undefined): DocumentChanges {
  const [shown, setShown] = useState<DocumentChanges>(NOTHING);
  const shownId = useRef(id);

  useEffect(() => {
    const isOther = shownId.current !== id;
    shownId.current = id;
    if (isPaused && !isOther) return;
    setShown((before) => {
      if (isOther || before.document === undefined) return { ...NOTHING, document: latest };
      if (latest === undefined || latest === before.document) return before;
      const marks = leafChanges(before.document, latest);
      return marks.size === 0 ? { ...before, document: latest } : { document: latest, marks, version: before.version + 1 };
    });
  }, [id, isPaused, latest]);

  useEffect(() => {
    if (shown.marks.size === 0) return undefined;
    const timer = setTimeout(() => setShown((now) => (now.version === shown.version ? { ...now, marks: NONE } : now)), MARKED_MS);
    return () => clearTimeout(timer);
  }, [shown.marks, shown.version]);

  return shown;
}
