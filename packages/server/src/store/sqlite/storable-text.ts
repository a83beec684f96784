/** A noncharacter, which no text that is meant to be read begins with. */
const MARK = '\uffff';

/**
 * A text that SQLite gives back as it was. Lone surrogates would become U+FFFD, and two keys one: such a text is escaped (and so is
 * one that looks escaped). Only for keys, whose order in SQL does not matter; documents are JSON, which escapes by itself.
 */
export function storableText(text: string): string {
  if (text.isWellFormed() && text.charCodeAt(0) !== 0xffff) return text;
  return MARK + JSON.stringify(text);
}

export function restoredText(stored: string): string {
  return stored.charCodeAt(0) === 0xffff ? (JSON.parse(stored.slice(1)) as string) : stored;
}
