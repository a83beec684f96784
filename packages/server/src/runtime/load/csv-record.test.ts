import { expect, test } from 'vitest';
import { parseCsvRecord } from './csv-record.ts';

test.each([
  ['1,a,b', ',', ['1', 'a', 'b']],
  ['1,,"",', ',', ['1', null, '', null]],
  ['"a,b";"say ""yes"""', ';', ['a,b', 'say "yes"']],
  ['a\tb c', '\t', ['a', 'b c']],
  ['', ',', [null]],
  ['""', ',', ['']],
  ['"two\nlines",x', ',', ['two\nlines', 'x']],
])('%j has the fields that stand there; nothing is null, and nothing in quotes an empty text', (text, delimiter, fields) => {
  expect(parseCsvRecord(text, delimiter)).toEqual(fields);
});

test.each([
  ['1,"a', 'Field 2 opens a quote that is never closed'],
  ['1,"a"b,c', 'Field 2 goes on after its closing quote, expected "," or the end of the row'],
  ['1,a"b', 'Field 2 has a quote in it, expected the field to be in quotes and its quotes doubled'],
])('%j is no row', (text, problem) => {
  expect(parseCsvRecord(text, ',')).toBe(problem);
});
