import { assert, constantFrom, dictionary, jsonValue, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { propertyOptions } from '../../testing/property.ts';
import { rawMembers } from './raw-members.ts';

test('members keep the text that stands in the line', () => {
  const members = rawMembers(
    '{ "key" : {"pos": 00000, "a":[1, "}"]} ,"value":12345678901234567890.10, "text":"\\"\\\\" }'.replace('00000', '9007199254740993'),
  );
  expect([...members]).toEqual([
    ['key', '{"pos": 9007199254740993, "a":[1, "}"]}'],
    ['value', '12345678901234567890.10'],
    ['text', '"\\"\\\\"'],
  ]);
});

test('an empty object has no members', () => {
  expect([...rawMembers(' { } ')]).toEqual([]);
});

test('names may be escaped, and the last of two counts', () => {
  expect([...rawMembers('{"\\u006bey":1,"key":2}')]).toEqual([['key', '2']]);
});

test('each member parses to what the whole parses to', () => {
  assert(
    property(dictionary(string(), jsonValue()), constantFrom(undefined, 1, '\t'), (object, space) => {
      const text = JSON.stringify(object, null, space);
      const members = [...rawMembers(text)].map(([name, raw]) => [name, JSON.parse(raw) as unknown] as const);
      expect(new Map(members)).toEqual(new Map(Object.entries(JSON.parse(text) as object)));
    }),
    propertyOptions(300),
  );
});
