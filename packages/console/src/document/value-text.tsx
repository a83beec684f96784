import { kindOf, textOf } from './value.ts';

/** A value in the colours of its kind. Text stands in quotes where kinds stand side by side. */
export function ValueText({ value, isQuoted = false }: { readonly value: unknown; readonly isQuoted?: boolean }) {
  const kind = kindOf(value);
  const text = textOf(value);
  return (
    <span className="value" data-kind={kind}>
      {isQuoted && kind === 'text' ? `“${text}”` : text}
    </span>
  );
}
