import { ArrowDown, ArrowUp } from 'lucide-react';
import type { Column } from './columns.ts';

export interface ColumnHeadProps {
  readonly column: Column;
  readonly sort: string | undefined;
  readonly onSort: (field: string) => void;
}

/** A column's name, which sorts by it: up, down, not at all. */
export function ColumnHead({ column: { name, isNumber, isKey }, sort, onSort }: ColumnHeadProps) {
  const isUp = sort === name;
  const isDown = sort === `-${name}`;
  let order: 'ascending' | 'descending' | 'none' = 'none';
  if (isUp) order = 'ascending';
  else if (isDown) order = 'descending';
  return (
    <th scope="col" aria-sort={order} className={isNumber ? 'number' : undefined} data-key={isKey || undefined}>
      <button type="button" className="column-head" title={`Sort by ${name}`} onClick={() => onSort(name)}>
        <span>{name}</span>
        {isUp ? <ArrowUp size={13} aria-hidden /> : null}
        {isDown ? <ArrowDown size={13} aria-hidden /> : null}
      </button>
    </th>
  );
}
