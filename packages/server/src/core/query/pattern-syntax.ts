/**
 * The syntax of regular expressions that filters may use: what JavaScript and PCRE share, without what no linear matcher can do
 * (back-references, looking ahead or behind).
 */
export type PatternNode =
  /** One character. `source` is JavaScript's, for the flag `u`; `literal` where it is this character alone. */
  | { readonly kind: 'character'; readonly source: string; readonly literal: string | undefined }
  | { readonly kind: 'assertion'; readonly at: 'start' | 'end' | 'lineStart' | 'lineEnd' | 'wordEdge' | 'noWordEdge' }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly options: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly part: PatternNode; readonly min: number; readonly max: number };

export interface Pattern {
  readonly node: PatternNode;
  /** Among `i`, `m`, `s`. */
  readonly flags: string;
}

const MAX_DEPTH = 50;
const CLASS_ESCAPE = /^[dDwWsS]$/;
const CONTROLS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\v', '0': '\0', a: '\u0007', e: '\u001b' };

/** Throws a SyntaxError that says what is wrong or not supported. */
export function parsePattern(source: string, flags: string): Pattern {
  const leading = /^\(\?([ims]+)\)/.exec(source);
  const allFlags = ['i', 'm', 's'].filter((flag) => flags.includes(flag) || leading?.[1]?.includes(flag)).join('');
  const parser = new PatternParser(Array.from(source.slice(leading?.[0].length ?? 0)), allFlags);
  return { node: parser.pattern(), flags: allFlags };
}

class PatternParser {
  readonly #characters: readonly string[];
  readonly #flags: string;
  #at = 0;
  #depth = 0;

  constructor(characters: readonly string[], flags: string) {
    this.#characters = characters;
    this.#flags = flags;
  }

  pattern(): PatternNode {
    const node = this.#choice();
    if (this.#at < this.#characters.length) throw new SyntaxError('a ")" closes nothing');
    return node;
  }

  #choice(): PatternNode {
    if (++this.#depth > MAX_DEPTH) throw new SyntaxError(`groups are nested deeper than ${MAX_DEPTH} levels`);
    const options = [this.#sequence()];
    while (this.#take('|')) options.push(this.#sequence());
    this.#depth--;
    return options.length === 1 ? (options[0] as PatternNode) : { kind: 'choice', options };
  }

  #sequence(): PatternNode {
    const parts: PatternNode[] = [];
    while (this.#at < this.#characters.length && !'|)'.includes(this.#peek())) parts.push(this.#repeated(this.#atom()));
    return parts.length === 1 ? (parts[0] as PatternNode) : { kind: 'sequence', parts };
  }

  #repeated(part: PatternNode): PatternNode {
    const range = this.#quantifier();
    if (range === undefined) return part;
    if (part.kind === 'assertion') throw new SyntaxError('a quantifier has nothing to repeat');
    this.#take('?');
    if ('*+?'.includes(this.#peek('-')) || this.#quantifier() !== undefined) throw new SyntaxError('a quantifier has nothing to repeat');
    return { kind: 'repeat', part, ...range };
  }

  #quantifier(): { readonly min: number; readonly max: number } | undefined {
    if (this.#take('*')) return { min: 0, max: Infinity };
    if (this.#take('+')) return { min: 1, max: Infinity };
    if (this.#take('?')) return { min: 0, max: 1 };
    const counted = /^\{(\d{1,5})(,(\d{0,5}))?\}/.exec(this.#characters.slice(this.#at, this.#at + 14).join(''));
    if (counted === null) return undefined;
    const min = Number(counted[1]);
    const max = counted[2] === undefined ? min : counted[3] === '' ? Infinity : Number(counted[3]);
    if (max < min) throw new SyntaxError(`the numbers in ${counted[0]} are out of order`);
    this.#at += counted[0].length;
    return { min, max };
  }

  #atom(): PatternNode {
    const character = this.#next();
    switch (character) {
      case '(':
        return this.#group();
      case '[':
        return this.#class();
      case '\\':
        return this.#escape();
      case '.':
        return { kind: 'character', source: '.', literal: undefined };
      case '^':
        return { kind: 'assertion', at: this.#flags.includes('m') ? 'lineStart' : 'start' };
      case '$':
        return { kind: 'assertion', at: this.#flags.includes('m') ? 'lineEnd' : 'end' };
      case '*':
      case '+':
      case '?':
        throw new SyntaxError('a quantifier has nothing to repeat');
      default:
        return literal(character);
    }
  }

  #group(): PatternNode {
    if (this.#take('?')) {
      const name = /^<[A-Za-z_]\w*>/.exec(this.#characters.slice(this.#at, this.#at + 64).join(''))?.[0];
      if (name !== undefined) this.#at += name.length;
      else if (!this.#take(':')) throw new SyntaxError(`a group (?${this.#peek()}… is not supported`);
    }
    const node = this.#choice();
    if (!this.#take(')')) throw new SyntaxError('a group is not closed');
    // An own node, so that what follows repeats all of it.
    return { kind: 'sequence', parts: [node] };
  }

  #escape(): PatternNode {
    const letter = this.#peek('');
    const assertion = ({ b: 'wordEdge', B: 'noWordEdge', A: 'start', z: 'end' } as const)[letter];
    if (assertion !== undefined) {
      this.#at++;
      return { kind: 'assertion', at: assertion };
    }
    const { source, literal: same } = this.#escapedCharacter();
    return { kind: 'character', source, literal: same };
  }

  /** What stands behind a backslash, in a class or outside. */
  #escapedCharacter(): { readonly source: string; readonly literal: string | undefined } {
    if (this.#at >= this.#characters.length) throw new SyntaxError('it ends with a backslash');
    const letter = this.#next();
    if (CLASS_ESCAPE.test(letter)) return { source: `\\${letter}`, literal: undefined };
    if (Object.hasOwn(CONTROLS, letter) && !/^\d$/.test(this.#peek(''))) return literal(CONTROLS[letter] as string);
    const rest = this.#characters.slice(this.#at, this.#at + 40).join('');
    const property = /^[pP]$/.test(letter) ? /^\{[\w=]{1,36}\}/.exec(rest)?.[0] : undefined;
    if (property !== undefined) {
      this.#at += property.length;
      return { source: `\\${letter}${property}`, literal: undefined };
    }
    const hex = letter === 'x' ? /^[\da-f]{2}/i.exec(rest)?.[0] : letter === 'u' ? unicode(rest) : undefined;
    if (hex !== undefined) {
      this.#at += hex.length;
      const digits = hex.match(/[\da-f]+/gi) ?? [];
      const text =
        letter === 'u' && hex.includes('\\')
          ? String.fromCharCode(...hex.split('\\u').map((unit) => Number.parseInt(unit, 16)))
          : undefined;
      const code = Number.parseInt(digits[0] ?? '', 16);
      if (code > 0x10ffff) throw new SyntaxError(`\\u${hex} is no character`);
      return literal(text ?? String.fromCodePoint(code));
    }
    if (/^[\da-zA-Z]$/.test(letter))
      throw new SyntaxError(`\\${letter} is not supported${/^[1-9k]$/.test(letter) ? ' (no back-references)' : ''}`);
    return literal(letter);
  }

  #class(): PatternNode {
    let source = this.#take('^') ? '[^' : '[';
    const empty = source;
    for (;;) {
      if (this.#at >= this.#characters.length) throw new SyntaxError('a class of characters is not closed');
      const character = this.#next();
      if (character === ']' && source !== empty) return { kind: 'character', source: `${source}]`, literal: undefined };
      if (character === ']') throw new SyntaxError('a class of characters is empty');
      if (character === '[' && this.#peek() === ':') throw new SyntaxError('named classes as [:alpha:] are not supported');
      if (character === '-') source += '-';
      else if (character === '\\' && this.#peek('') === 'b') source += `\\x08${this.#next().slice(1)}`;
      else source += character === '\\' ? inClass(this.#escapedCharacter()) : inClass(literal(character));
      // A dash first or last stands for itself.
      if (source === `${empty}-` || (character === '-' && this.#peek() === ']')) source = `${source.slice(0, -1)}\\-`;
    }
  }

  #peek(otherwise = ' '): string {
    return this.#characters[this.#at] ?? otherwise;
  }

  #next(): string {
    return this.#characters[this.#at++] as string;
  }

  #take(character: string): boolean {
    if (this.#characters[this.#at] !== character) return false;
    this.#at++;
    return true;
  }
}

function unicode(rest: string): string | undefined {
  return (/^d[89ab][\da-f]{2}\\ud[c-f][\da-f]{2}/i.exec(rest) ?? /^[\da-f]{4}/i.exec(rest) ?? /^\{[\da-f]{1,6}\}/i.exec(rest))?.[0];
}

function literal(character: string): { readonly kind: 'character'; readonly source: string; readonly literal: string } {
  return { kind: 'character', source: escaped(character), literal: character };
}

function inClass({ source, literal }: { readonly source: string; readonly literal: string | undefined }): string {
  return literal === '-' ? '\\-' : source;
}

/** As the flag `u` wants it: nothing but what has a meaning is escaped. */
function escaped(character: string): string {
  if (/^[\^$\\.*+?()[\]{}|/]$/.test(character)) return `\\${character}`;
  return /^[\w ]$/.test(character) ? character : `\\u{${(character.codePointAt(0) as number).toString(16)}}`;
}
