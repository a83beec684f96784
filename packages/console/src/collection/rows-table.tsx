import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import { ValueText } from '../document/value-text.tsx';
import { ColumnHead } from './column-head.tsx';
import type { Column } from './columns.ts';
import type { MarkedRow } from './row-marks.ts';

const ROW_PX = 34;
const PAGE_ROWS = 12;
/** Where so many of the visible rows change at once, the marks are calmer: what is everywhere shows nothing. */
const BUSY_SHARE = 0.4;
const BUSY_ROWS = 8;

export interface RowsTableProps {
  readonly label: string;
  readonly columns: readonly Column[];
  readonly rows: readonly MarkedRow[];
  readonly sort: string | undefined;
  readonly openId: string | undefined;
  readonly onSort: (field: string) => void;
  readonly onOpen: (id: string) => void;
}

/** The rows of a query, of which only the visible ones are in the page. Arrows walk through them, Enter opens one. */
export function RowsTable({ label, columns, rows, sort, openId, onSort, onOpen }: RowsTableProps) {
  const box = useRef<HTMLDivElement>(null);
  const [currentId, setCurrentId] = useState<string | undefined>(openId);
  const wantsFocus = useRef(false);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 8,
    scrollPaddingStart: ROW_PX + 4,
  });
  const currentIndex = Math.max(
    0,
    rows.findIndex(({ id }) => id === currentId),
  );

  useEffect(() => {
    if (!wantsFocus.current) return;
    const row = box.current?.querySelector<HTMLElement>('tbody tr[tabindex="0"]');
    if (row === null || row === undefined) return;
    wantsFocus.current = false;
    row.focus({ preventScroll: true });
  });

  const moveTo = (index: number): void => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (row === undefined) return;
    virtual.scrollToIndex(rows.indexOf(row));
    wantsFocus.current = true;
    setCurrentId(row.id);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') moveTo(currentIndex + 1);
    else if (event.key === 'ArrowUp') moveTo(currentIndex - 1);
    else if (event.key === 'PageDown') moveTo(currentIndex + PAGE_ROWS);
    else if (event.key === 'PageUp') moveTo(currentIndex - PAGE_ROWS);
    else if (event.key === 'Home') moveTo(0);
    else if (event.key === 'End') moveTo(rows.length - 1);
    else if (event.key === 'Enter' || event.key === ' ') {
      const row = rows[currentIndex];
      if (row !== undefined) onOpen(row.id);
    } else return;
    event.preventDefault();
  };

  const items = virtual.getVirtualItems();
  const markedRows = items.filter(({ index }) => rows[index]?.mark === 'change').length;
  const isBusy = markedRows >= BUSY_ROWS && markedRows > items.length * BUSY_SHARE;
  const above = items[0]?.start ?? 0;
  const below = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  const widthPx = columns.reduce((sum, column) => sum + column.widthPx, 0);
  return (
    <div className="rows" ref={box} data-busy={isBusy || undefined}>
      <table role="grid" aria-label={label} aria-rowcount={rows.length + 1} style={{ minWidth: widthPx }}>
        <colgroup>
          {columns.map(({ name, widthPx: width }) => (
            <col key={name} style={{ width }} />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <ColumnHead key={column.name} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody onKeyDown={onKeyDown}>
          <Gap heightPx={above} columns={columns.length} />
          {items.map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            return (
              <tr
                key={item.key}
                aria-rowindex={item.index + 2}
                aria-selected={row.id === openId}
                tabIndex={item.index === currentIndex ? 0 : -1}
                data-id={row.id}
                data-mark={row.mark}
                style={{ height: ROW_PX }}
                onFocus={() => setCurrentId(row.id)}
                onClick={() => onOpen(row.id)}
              >
                {columns.map((column) => (
                  <Cell key={column.name} row={row} column={column} />
                ))}
              </tr>
            );
          })}
          <Gap heightPx={below} columns={columns.length} />
        </tbody>
      </table>
    </div>
  );
}

function Cell({ row, column: { name, isNumber, isKey } }: { readonly row: MarkedRow; readonly column: Column }) {
  const value = row.document[name];
  const isFlashing = row.mark !== undefined && (row.mark !== 'change' || row.changedFields.has(name));
  return (
    <td className={isNumber ? 'number' : undefined} data-key={isKey || undefined}>
      {isFlashing ? <span key={row.markedAt} className="flash" data-mark={row.mark} aria-hidden="true" /> : null}
      {value === undefined ? null : <ValueText value={value} />}
    </td>
  );
}

/** In place of the rows that are not in the page. */
function Gap({ heightPx, columns }: { readonly heightPx: number; readonly columns: number }) {
  if (heightPx <= 0) return null;
  return (
    <tr className="gap" aria-hidden="true" style={{ height: heightPx }}>
      <td colSpan={columns} />
    </tr>
  );
}
