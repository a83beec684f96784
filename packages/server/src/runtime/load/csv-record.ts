const QUOTE = '"';

/**
 * The fields of one CSV record (RFC 4180). An empty field without quotes is null, one with quotes is an empty text: so a source can say
 * both. Gives a sentence where quotes stand where none may.
 */
export function parseCsvRecord(text: string, delimiter: string): readonly (string | null)[] | string {
  if (!text.includes(QUOTE)) return text.split(delimiter).map((field) => (field === '' ? null : field));
  const fields: (string | null)[] = [];
  for (let at = 0; ;) {
    if (text.startsWith(QUOTE, at)) {
      const end = closingQuote(text, at + 1);
      if (end < 0) return `Field ${fields.length + 1} opens a quote that is never closed`;
      fields.push(text.slice(at + 1, end).replaceAll('""', QUOTE));
      if (end + 1 === text.length) return fields;
      if (text[end + 1] !== delimiter)
        return `Field ${fields.length} goes on after its closing quote, expected ${JSON.stringify(delimiter)} or the end of the row`;
      at = end + 2;
    } else {
      const next = text.indexOf(delimiter, at);
      const field = next < 0 ? text.slice(at) : text.slice(at, next);
      if (field.includes(QUOTE))
        return `Field ${fields.length + 1} has a quote in it, expected the field to be in quotes and its quotes doubled`;
      fields.push(field === '' ? null : field);
      if (next < 0) return fields;
      at = next + 1;
    }
  }
}

/** The next quote that is not doubled; -1 where there is none. */
function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf(QUOTE, from); at >= 0; at = text.indexOf(QUOTE, at + 2)) if (text[at + 1] !== QUOTE) return at;
  return -1;
}
