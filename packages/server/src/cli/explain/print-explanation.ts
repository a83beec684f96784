import type { Output } from '../context.ts';
import { line, painter } from '../terminal.ts';
import type { Paint } from '../terminal.ts';
import type { ExplainedChange, ExplainedHop, Explanation } from './explanation.ts';

/** The plan as text: first what the views are made of, then what a change of each collection does. In brackets stands what is looked up. */
export function printExplanation(output: Output, { views, collections }: Explanation): void {
  const paint = painter(output);
  for (const view of views) {
    const key = view.key.length === 0 ? 'its identifier' : view.key.map(({ field }) => field).join(', ');
    line(output, `${paint('title', view.view)} ${paint('quiet', `one document per ${view.base ?? 'identifier'}, known by ${key}`)}`);
    line(output, `  reads    ${view.reads.map((name) => paint('name', name)).join(', ')}`);
    if (view.code) line(output, '  code     functions of yours take part: it is built outside the engine’s transactions');
  }
  for (const { collection, kind, key, indexes, changes } of collections) {
    line(output);
    line(output, `${paint('title', collection)} ${paint('quiet', `${kind}${key.length === 0 ? '' : `, key ${key.join(', ')}`}`)}`);
    for (const index of indexes)
      line(output, `  index    ${index.fields.join(', ')}${index.multi ? paint('quiet', ' (elements of arrays too)') : ''}`);
    if (changes.length === 0) line(output, `  ${paint('quiet', 'no single view depends on it')}`);
    for (const change of changes) printChange(output, paint, change);
  }
}

function printChange(output: Output, paint: Paint, change: ExplainedChange): void {
  const what = change.fields === null ? 'any field' : change.fields.length === 0 ? 'only coming and going' : change.fields.join(', ');
  line(output, `  change   ${what}`);
  if (change.strategy !== null)
    return line(output, `           ${paint('good', '→')} ${paint('name', change.view)} as ${change.strategy} says`);
  const way = change.path.map((hop) => `${hop.to}${paint('quiet', `[${lookupText(hop)}]`)} ${paint('good', '→')} `).join('');
  line(output, `           ${paint('good', '→')} ${way}${paint('name', change.view)}`);
}

/** The fields that are looked up; several branches are several look-ups. */
function lookupText({ lookup }: ExplainedHop): string {
  const texts = lookup.map(({ fields }) => (fields.length === 0 ? 'all are read' : fields.join(', ')));
  return [...new Set(texts)].join(' or ');
}
