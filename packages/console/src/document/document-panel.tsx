import { Check, ClipboardCopy, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { LiveRows } from '../server/use-live-rows.ts';
import { plural } from '../text/numbers.ts';
import type { TreeLine } from './tree.ts';
import { TreeView } from './tree-view.tsx';
import { useDocumentChanges } from './use-document-changes.ts';
import { copyText } from './value.ts';

export interface DocumentPanelProps {
  readonly collection: string;
  readonly id: string;
  readonly live: LiveRows;
  readonly isPaused: boolean;
  readonly onClose: () => void;
}

/** One document, as it is at this moment, beside the table; on a phone above it. */
export function DocumentPanel({ collection, id, live, isPaused, onClose }: DocumentPanelProps) {
  const row = live.rows.find((candidate) => candidate.id === id) ?? live.rows[0];
  const { document, marks, version } = useDocumentChanges(id, isPaused, row?.document);
  const [line, setLine] = useState<TreeLine>();
  const [target, setTarget] = useState<{ readonly id: string }>();
  const [changed] = marks.keys();
  const close = useRef<HTMLButtonElement>(null);
  useEffect(() => close.current?.focus(), []);
  return (
    <aside
      className="panel"
      aria-label={`Document ${id}`}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose();
      }}
    >
      <header className="panel-head">
        <div className="panel-title">
          <p>{collection}</p>
          <h2>{id}</h2>
        </div>
        <button
          ref={close}
          type="button"
          className="button button-plain"
          aria-label="Close the document"
          title="Close (Esc)"
          onClick={onClose}
        >
          <X size={18} aria-hidden />
        </button>
      </header>
      {document === undefined ? (
        <Absence live={live} />
      ) : (
        <>
          {live.state === 'live' && row === undefined ? (
            <p className="banner" role="status">
              This document is gone. What you see is the last of it.
            </p>
          ) : null}
          <TreeView
            label={`Fields of ${id}`}
            document={document}
            marks={marks}
            version={version}
            selected={line?.id}
            onSelect={setLine}
            target={target}
          />
          <footer className="panel-foot">
            <span>
              {version === 0 ? 'Nothing has changed since it was opened' : `Changed ${plural(version, 'time')} since it was opened`}
            </span>
            {changed === undefined ? null : (
              <button type="button" className="button button-small" onClick={() => setTarget({ id: changed })}>
                Go to the change
              </button>
            )}
          </footer>
          <Selection line={line} />
        </>
      )}
    </aside>
  );
}

function Absence({ live }: { readonly live: LiveRows }) {
  if (live.state === 'failed') {
    return (
      <p className="problem problem-block" role="alert">
        {live.error}
      </p>
    );
  }
  return <p className="nothing">{live.state === 'live' ? 'There is no such document.' : 'Waiting for the document …'}</p>;
}

function Selection({ line }: { readonly line: TreeLine | undefined }) {
  if (line === undefined) return <p className="selection selection-none">Choose a field to copy its path or value.</p>;
  return (
    <div className="selection" role="group" aria-label="Chosen field">
      <code className="selection-path" title={line.id}>
        {line.id}
      </code>
      <CopyButton label="Path" text={line.id} />
      <CopyButton label="Value" text={copyText(line.value)} />
    </div>
  );
}

const SAID_MS = 1_500;

function CopyButton({ label, text }: { readonly label: string; readonly text: string }) {
  const [copied, setCopied] = useState<string>();
  useEffect(() => {
    if (copied === undefined) return undefined;
    const timer = setTimeout(() => setCopied(undefined), SAID_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const isCopied = copied === text;
  return (
    <button
      type="button"
      className="button button-small"
      aria-label={isCopied ? `${label} copied` : `Copy the ${label.toLowerCase()}`}
      onClick={() => void copy(text).then(() => setCopied(text))}
    >
      {isCopied ? <Check size={14} aria-hidden /> : <ClipboardCopy size={14} aria-hidden />} {isCopied ? 'Copied' : label}
    </button>
  );
}

/** The clipboard is there on secure pages only; a console on another machine's plain address has none. */
async function copy(text: string): Promise<void> {
  if (typeof navigator.clipboard === 'object') return navigator.clipboard.writeText(text);
  const field = window.document.createElement('textarea');
  field.value = text;
  window.document.body.append(field);
  field.select();
  window.document.execCommand('copy');
  field.remove();
}
