/**
 * Whether a file of code is a CommonJS or an ES module, told from its ending, else from what it exports, else from what it is in: the way
 * Node.js decides too. For casts this also decides the signature.
 */
export function moduleKind(file: string, text: string): 'commonjs' | 'esm' {
  if (/\.m[jt]s$/.test(file)) return 'esm';
  if (/\.c[jt]s$/.test(file)) return 'commonjs';
  const code = withoutCommentsAndTexts(text);
  if (
    /(^|[;}\n])\s*(export\s*(default\b|const\b|let\b|var\b|function\b|async\b|class\b|type\b|interface\b|\{|\*)|import\s*[\w{*'"])/.test(
      code,
    )
  ) {
    return 'esm';
  }
  return 'commonjs';
}

/** Leaves code only: the word `export` in a comment or text says nothing. Texts are emptied, so that `import ''` is still seen. */
function withoutCommentsAndTexts(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`/g, (part) =>
    part.startsWith('/') ? ' ' : `${part[0] ?? ''}${part[0] ?? ''}`,
  );
}
