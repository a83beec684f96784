const SHOWN_CHARACTERS = 80;

/** What a caller sent, as an error shows it. */
export function shortText(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`;
}
