import { CornerDownLeft, ListFilter, X } from 'lucide-react';
import { useEffect, useId, useState } from 'react';
import { signature } from '../document/value.ts';
import { useFocusKey } from '../shell/use-focus-key.ts';
import { ConditionForm } from './condition-form.tsx';
import { filterText, parseFilterText } from './filter-text.ts';
import type { FilterField } from './filter-text.ts';

type Filter = Readonly<Record<string, unknown>> | undefined;

export interface FilterBoxProps {
  readonly fields: readonly FilterField[];
  readonly filter: Filter;
  /** What the server says of it. */
  readonly refusal: string | undefined;
  readonly onFilter: (filter: Filter) => void;
}

/** One line for a filter: in its short form or as JSON. Enter applies it; what is wrong is said below. */
export function FilterBox({ fields, filter, refusal, onFilter }: FilterBoxProps) {
  const id = useId();
  const box = useFocusKey<HTMLInputElement>('/');
  const [text, setText] = useState(() => filterText(filter));
  const [refused, setRefused] = useState<string>();
  const parsed = parseFilterText(text, fields);
  const isApplied = parsed.isOk && signature(parsed.filter) === signature(filter);

  // The address may change without this box: by a link, or by going back.
  useEffect(() => {
    setText((typed) => {
      const read = parseFilterText(typed, fields);
      return read.isOk && signature(read.filter) === signature(filter) ? typed : filterText(filter);
    });
    // What is typed stays when only the known fields change.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [filter]);

  const apply = (next: string): void => {
    const result = parseFilterText(next, fields);
    setRefused(result.isOk ? undefined : result.message);
    if (result.isOk) onFilter(result.filter);
  };
  const problem = refused ?? (isApplied ? refusal : undefined);

  return (
    <form
      className="filter"
      role="search"
      aria-label="Filter"
      onSubmit={(event) => {
        event.preventDefault();
        apply(text);
      }}
    >
      <div className="filter-line" data-invalid={problem !== undefined || undefined}>
        <ListFilter size={15} aria-hidden />
        <input
          ref={box}
          className="filter-input"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setRefused(undefined);
          }}
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return;
            event.stopPropagation();
            setRefused(undefined);
            setText(filterText(filter));
            box.current?.blur();
          }}
          placeholder={placeholder(fields)}
          aria-label="Filter, in short form or as JSON"
          aria-keyshortcuts="/"
          aria-invalid={problem !== undefined}
          aria-describedby={`${id}-hint`}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
        />
        {text === '' ? <kbd>/</kbd> : null}
        {text === '' || isApplied ? null : (
          <button type="submit" className="button button-small button-primary">
            Apply <CornerDownLeft size={13} aria-hidden />
          </button>
        )}
        {text === '' ? null : (
          <button
            type="button"
            className="button button-plain button-tiny"
            aria-label="Clear the filter"
            onClick={() => {
              setText('');
              apply('');
              box.current?.focus();
            }}
          >
            <X size={15} aria-hidden />
          </button>
        )}
        <ConditionForm
          fields={fields}
          onAdd={(term) => {
            const next = text.trim() === '' || text.trim().startsWith('{') ? term : `${text.trim()} and ${term}`;
            setText(next);
            apply(next);
          }}
        />
      </div>
      <p id={`${id}-hint`} className="filter-hint">
        {problem === undefined ? (
          parsed.isOk && parsed.filter !== undefined && !text.trim().startsWith('{') ? (
            <code>{JSON.stringify(parsed.filter)}</code>
          ) : null
        ) : (
          <span className="problem" role="alert">
            {problem}
          </span>
        )}
      </p>
    </form>
  );
}

function placeholder(fields: readonly FilterField[]): string {
  const field = fields.find(({ type }) => type !== null && /string/i.test(type))?.name ?? fields[0]?.name ?? 'field';
  return `${field} = value, or {"${field}": …}`;
}
