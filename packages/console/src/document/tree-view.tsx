import { useVirtualizer } from '@tanstack/react-virtual';
import { ChevronDown, ChevronRight } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import { plural } from '../text/numbers.ts';
import type { LeafMark } from './leaf-changes.ts';
import { treeLines } from './tree.ts';
import type { TreeLine } from './tree.ts';
import { ValueText } from './value-text.tsx';

const LINE_PX = 26;

export interface TreeViewProps {
  readonly label: string;
  readonly document: unknown;
  readonly marks: ReadonlyMap<string, LeafMark>;
  /** Grows with each change: the same leaf marked twice flashes twice. */
  readonly version: number;
  readonly selected: string | undefined;
  readonly onSelect: (line: TreeLine) => void;
  /** A line to be brought into view, with the branches above it open; another object each time. */
  readonly target: { readonly id: string } | undefined;
}

/** A document as a tree of which only the visible lines are in the page. Arrows walk, left and right close and open. */
export function TreeView({ label, document, marks, version, selected, onSelect, target }: TreeViewProps) {
  const [openings, setOpenings] = useState<ReadonlyMap<string, boolean>>(new Map());
  const lines = useMemo(() => treeLines(document, openings, marks), [document, openings, marks]);
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => LINE_PX,
    getItemKey: (index) => lines[index]?.id ?? index,
    overscan: 12,
  });
  const focusIndex = Math.max(
    0,
    lines.findIndex(({ id }) => id === selected),
  );
  const wantsFocus = useRef(false);

  useEffect(() => {
    if (!wantsFocus.current) return;
    wantsFocus.current = false;
    box.current?.querySelector<HTMLElement>('[role="treeitem"][tabindex="0"]')?.focus({ preventScroll: true });
  });

  useEffect(() => {
    if (target !== undefined) setOpenings((before) => withAncestorsOpen(before, target.id));
  }, [target]);
  const shownTarget = useRef(target);
  useEffect(() => {
    if (target === undefined || shownTarget.current === target) return;
    const index = lines.findIndex(({ id }) => id === target.id);
    if (index < 0) return;
    shownTarget.current = target;
    virtual.scrollToIndex(index, { align: 'center' });
  }, [target, lines, virtual]);

  const open = (line: TreeLine, isOpen: boolean): void => setOpenings((before) => new Map(before).set(line.id, isOpen));
  const moveTo = (index: number): void => {
    const line = lines[Math.max(0, Math.min(lines.length - 1, index))];
    if (line === undefined) return;
    virtual.scrollToIndex(lines.indexOf(line));
    wantsFocus.current = true;
    onSelect(line);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const line = lines[focusIndex];
    if (line === undefined) return;
    if (event.key === 'ArrowDown') moveTo(focusIndex + 1);
    else if (event.key === 'ArrowUp') moveTo(focusIndex - 1);
    else if (event.key === 'Home') moveTo(0);
    else if (event.key === 'End') moveTo(lines.length - 1);
    else if (event.key === 'ArrowRight') {
      if (line.isBranch && !line.isOpen) open(line, true);
      else if (line.isBranch) moveTo(focusIndex + 1);
    } else if (event.key === 'ArrowLeft') {
      if (line.isOpen) open(line, false);
      else moveTo(lines.findLastIndex((above, index) => index < focusIndex && above.level < line.level));
    } else if ((event.key === 'Enter' || event.key === ' ') && line.isBranch) open(line, !line.isOpen);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className="tree" ref={box}>
      <div role="tree" aria-label={label} style={{ height: virtual.getTotalSize(), position: 'relative' }} onKeyDown={onKeyDown}>
        {virtual.getVirtualItems().map((item) => {
          const line = lines[item.index];
          if (line === undefined) return null;
          return (
            <div
              key={item.key}
              role="treeitem"
              aria-level={line.level}
              aria-posinset={line.position}
              aria-setsize={line.siblings}
              aria-selected={item.index === focusIndex && selected !== undefined}
              {...(line.isBranch ? { 'aria-expanded': line.isOpen } : {})}
              tabIndex={item.index === focusIndex ? 0 : -1}
              className="tree-line"
              data-path={line.id}
              data-mark={line.mark}
              style={{ transform: `translateY(${item.start}px)`, height: LINE_PX, paddingInlineStart: 8 + (line.level - 1) * 16 }}
              onClick={() => {
                onSelect(line);
                if (line.isBranch) open(line, !line.isOpen);
              }}
            >
              {line.mark === undefined ? null : <span key={version} className="flash" data-mark={line.mark} aria-hidden="true" />}
              <span className="tree-twist" aria-hidden="true">
                <Twist line={line} />
              </span>
              <span className="tree-name">{line.name}</span>
              {line.isBranch ? <span className="tree-size">{sizeText(line)}</span> : <ValueText value={line.value} isQuoted />}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function withAncestorsOpen(openings: ReadonlyMap<string, boolean>, id: string): ReadonlyMap<string, boolean> {
  const opened = new Map(openings);
  for (let end = 1; end < id.length; end++) if (id[end] === '.' || id[end] === '[') opened.set(id.slice(0, end), true);
  return opened;
}

function Twist({ line }: { readonly line: TreeLine }) {
  if (!line.isBranch) return null;
  return line.isOpen ? <ChevronDown size={14} /> : <ChevronRight size={14} />;
}

function sizeText({ value, kind }: TreeLine): string {
  const size = Array.isArray(value) ? value.length : Object.keys(value as object).length;
  return kind === 'list' ? plural(size, 'item') : plural(size, 'field');
}
