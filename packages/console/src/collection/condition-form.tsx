import { Plus } from 'lucide-react';
import { Popover } from 'radix-ui';
import { useId, useState } from 'react';
import { textOfField } from '../shell/form-text.ts';
import { OPERATORS, termText } from './filter-text.ts';
import type { FilterField } from './filter-text.ts';

export interface ConditionFormProps {
  readonly fields: readonly FilterField[];
  /** A condition in the short form. */
  readonly onAdd: (term: string) => void;
}

/** A condition for those who do not want to write it. */
export function ConditionForm({ fields, onAdd }: ConditionFormProps) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger className="button button-small" aria-label="Add a condition">
        <Plus size={14} aria-hidden /> <span className="wide-inline">Condition</span>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="popover" align="end" sideOffset={8} aria-label="Add a condition">
          <form
            className="condition"
            onSubmit={(event) => {
              event.preventDefault();
              // The page's own form for the filter is around this one.
              event.stopPropagation();
              const data = new FormData(event.currentTarget);
              onAdd(termText(textOfField(data, 'field'), textOfField(data, 'operator'), textOfField(data, 'value')));
              setOpen(false);
            }}
          >
            <label htmlFor={`${id}-field`}>Field</label>
            <input id={`${id}-field`} name="field" className="input" list={`${id}-fields`} required autoComplete="off" spellCheck={false} />
            <datalist id={`${id}-fields`}>
              {fields.map(({ name }) => (
                <option key={name} value={name} />
              ))}
            </datalist>
            <label htmlFor={`${id}-operator`}>Condition</label>
            <select id={`${id}-operator`} name="operator" className="input">
              {OPERATORS.map(({ text, label }) => (
                <option key={text} value={text}>
                  {label} ({text})
                </option>
              ))}
            </select>
            <label htmlFor={`${id}-value`}>Value</label>
            <input id={`${id}-value`} name="value" className="input" required autoComplete="off" spellCheck={false} />
            <button type="submit" className="button button-primary">
              Add
            </button>
          </form>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
