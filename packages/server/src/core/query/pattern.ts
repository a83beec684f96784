/** A regular expression as a test of texts. */
export function compilePattern(source: string, flags: string): (text: string) => boolean {
  const expression = new RegExp(source, flags);
  return (text) => expression.test(text);
}
