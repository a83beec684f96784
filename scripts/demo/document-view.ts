import type { Paint } from '../../packages/server/src/cli/terminal.ts';
import { isDocument } from '../../packages/server/src/core/value.ts';
import type { Document, Value } from '../../packages/server/src/core/value.ts';
import { leafText } from './leaves.ts';

interface Piece {
  readonly text: string;
  /** Without colours. */
  readonly width: number;
}

/**
 * A document in few lines: what fits stands on one line, the rest is broken into its fields and elements. Leaves that changed lately are
 * marked.
 */
export class DocumentView {
  readonly #paint: Paint;
  readonly #changed: ReadonlySet<string>;
  readonly #width: number;

  constructor(options: { readonly paint: Paint; readonly changed: ReadonlySet<string>; readonly width: number }) {
    this.#paint = options.paint;
    this.#changed = options.changed;
    this.#width = options.width;
  }

  lines(document: Document): string[] {
    return this.#fields(document, '', 0);
  }

  #fields(document: Document, path: string, indent: number): string[] {
    return Object.entries(document).flatMap(([field, value]) => {
      const label = { text: this.#paint('quiet', `${field}: `), width: field.length + 2 };
      return this.#labelled(label, value, path === '' ? field : `${path}.${field}`, indent);
    });
  }

  #labelled(label: Piece, value: Value | undefined, path: string, indent: number): string[] {
    const space = ' '.repeat(indent);
    const inline = this.#inline(value, path);
    if (indent + label.width + inline.width <= this.#width) return [`${space}${label.text}${inline.text}`];
    if (isDocument(value)) return [`${space}${label.text}`.trimEnd(), ...this.#fields(value, path, indent + 2)];
    if (!Array.isArray(value)) return [`${space}${label.text}${inline.text}`];
    const bullet = { text: this.#paint('quiet', '· '), width: 2 };
    return [`${space}${label.text}`.trimEnd(), ...value.flatMap((item, i) => this.#element(bullet, item, `${path}.${i}`, indent + 2))];
  }

  /** An element that is too wide gives its short fields on the first line and its long ones below. */
  #element(bullet: Piece, item: Value, path: string, indent: number): string[] {
    const inline = this.#inline(item, path);
    if (!isDocument(item) || indent + bullet.width + inline.width <= this.#width)
      return [`${' '.repeat(indent)}${bullet.text}${inline.text}`];
    const entries = Object.entries(item);
    const short = entries.filter(([, value]) => !Array.isArray(value));
    const long = entries.filter(([, value]) => Array.isArray(value));
    const head = this.#join(
      short.map(([field, value]) => this.#inline(value, `${path}.${field}`)),
      '  ',
    );
    const rest = Object.fromEntries(long);
    return [`${' '.repeat(indent)}${bullet.text}${head.text}`, ...this.#fields(rest, path, indent + 2)];
  }

  #inline(value: Value | undefined, path: string): Piece {
    if (Array.isArray(value))
      return this.#wrap(
        '[',
        this.#join(
          value.map((item, i) => this.#inline(item, `${path}.${i}`)),
          ', ',
        ),
        ']',
      );
    if (isDocument(value))
      return this.#join(
        Object.entries(value).map(([field, item]) => this.#inline(item, `${path}.${field}`)),
        ' ',
      );
    const text = leafText(value);
    return { text: this.#changed.has(path) ? this.#paint('mark', text) : text, width: text.length };
  }

  #join(pieces: readonly Piece[], separator: string): Piece {
    const width = pieces.reduce((sum, piece) => sum + piece.width, separator.length * Math.max(0, pieces.length - 1));
    return { text: pieces.map((piece) => piece.text).join(separator), width };
  }

  #wrap(open: string, piece: Piece, close: string): Piece {
    return { text: `${open}${piece.text}${close}`, width: piece.width + 2 };
  }
}
