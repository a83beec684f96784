import { fileURLToPath, pathToFileURL } from 'node:url';
import { SYNTAX_CHECK } from './resolve-hooks.ts';

const MAX_MESSAGE = 2_000;

/** What a person is told of a file that does not load: file, line and column, and the reason in one sentence. */
export async function describeLoadProblem(error: unknown, file: string): Promise<string> {
  if (!(error instanceof Error)) return `${file} threw ${shown(error)} while it was loaded`;
  const code = (error as { code?: string }).code;
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX')
    return `${placeOf(error, file)}: ${error.message}: only TypeScript that can be erased runs (no enums, namespaces with values, parameter properties)`;
  if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND') return `${file}: ${firstLine(error.message)}`;
  if (error instanceof SyntaxError) return describeSyntaxError(error, file);
  const scope = /^(module|exports|require|__filename|__dirname) is not defined in ES module scope/.exec(error.message);
  if (scope !== null) {
    const packageFile = /'([^']*package\.json)' contains/.exec(error.message)?.[1];
    const because = packageFile === undefined ? '' : `, since ${packageFile} says "type": "module"`;
    return `${file} is written as CommonJS (${scope[1]}), but is loaded as an ES module${because}: name it .cjs, or use import and export`;
  }
  return describeThrown(error, file);
}

async function describeSyntaxError(error: Error, file: string): Promise<string> {
  if (hasPlace(error)) return `${placeOf(error, file)}: ${firstLine(error.message)}`;
  // The error of an ES module does not tell the place; the parser that strips types does.
  try {
    await import(pathToFileURL(file).href + SYNTAX_CHECK);
  } catch (located) {
    if (located instanceof Error && hasPlace(located)) return `${placeOf(located, file)}: ${firstLine(error.message)}`;
  }
  return `${file}: ${firstLine(error.message)}`;
}

const PLACE = /^(.+):(\d+)\n/;

function hasPlace(error: Error): boolean {
  return PLACE.test(error.stack ?? '');
}

/** A syntax error's stack begins with `file:line`, the line itself, and a mark below the column. */
function placeOf(error: Error, file: string): string {
  const stack = error.stack ?? '';
  const match = PLACE.exec(stack);
  if (match === null) return file;
  const [, place = '', line = ''] = match;
  const mark = /^ *\^/m.exec(stack.slice(0, stack.indexOf(error.message) || undefined))?.[0];
  const path = (place.startsWith('file:') ? fileURLToPath(place) : place).replace(SYNTAX_CHECK, '');
  return mark === undefined ? `${path}:${line}` : `${path}:${line}:${mark.length}`;
}

/** What a function threw, with the place in the user's file that the error came from. */
export function describeThrown(error: unknown, file: string): string {
  if (!(error instanceof Error)) return cut(`Threw ${shown(error)}`);
  const text = `${error.name}: ${error.message}`;
  const frame = (error.stack ?? '').split('\n').find((line) => line.includes(`${file}:`) || line.includes(`${pathToFileURL(file).href}:`));
  const place = frame === undefined ? undefined : /:(\d+):(\d+)\)?$/.exec(frame);
  return cut(place === null || place === undefined ? text : `${text} (${file}:${place[1]}:${place[2]})`);
}

function shown(value: unknown): string {
  try {
    return (typeof value === 'string' ? value : JSON.stringify(value)) ?? String(value);
  } catch {
    return typeof value;
  }
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text;
}

function cut(text: string): string {
  return text.length <= MAX_MESSAGE ? text : `${text.slice(0, MAX_MESSAGE)}…`;
}
