import { describe, expect, test } from 'vitest';
import { parseLine } from './parse-line.ts';

describe('a line of ingest', () => {
  test('keeps key and value as they stand there', () => {
    expect(
      parseLine(
        '{"topic":"t","key":{ "ID":1 },"value":{"pos":9007199254740993,"price":1.10},"timestamp":5,"headers":{"a":"b"},"partition":2}',
        undefined,
      ),
    ).toEqual({
      topic: 't',
      partition: 2,
      key: '{ "ID":1 }',
      value: '{"pos":9007199254740993,"price":1.10}',
      timestamp: 5,
      headers: { a: 'b' },
    });
  });

  test('stores a text as JSON text, in quotes', () => {
    expect(parseLine('{"topic":"t","key":"k","value":"v"}', undefined)).toMatchObject({ key: '"k"', value: '"v"' });
  });

  test('reads base64 as raw bytes, and null and absent as null', () => {
    expect(parseLine('{"topic":"t","key":null,"value":{"$base64":"/wA="}}', undefined)).toMatchObject({
      key: null,
      value: Buffer.from([255, 0]),
    });
    expect(parseLine('{"topic":"t"}', undefined)).toMatchObject({ key: null, value: null, timestamp: undefined });
  });

  test('takes the topic of the command where it names none', () => {
    expect(parseLine('{"key":1}', 'd')).toMatchObject({ topic: 'd', key: '1' });
  });

  test.each([
    ['{"topic":', 'It is not JSON: '],
    ['[1]', 'It holds [1], expected a JSON object with topic, key and value'],
    ['{"key":1}', 'It names no topic: expected "topic" in the line, or --topic'],
    ['{"topic":7}', '"topic" is 7, expected the name of a topic'],
    ['{"topic":"t","vaule":1}', 'Member "vaule" is not known, did you mean "value"'],
    ['{"topic":"t","timestamp":"2024"}', '"timestamp" is "2024", expected milliseconds since 1970'],
    ['{"topic":"t","timestamp":1.5}', '"timestamp" is 1.5, expected milliseconds since 1970'],
    ['{"topic":"t","partition":-1}', '"partition" is -1, expected a number from 0'],
    ['{"topic":"t","value":{"$base64":"?"}}', '"$base64" of "value" is "?", expected a text in base64'],
    ['{"topic":"t","headers":{"a":1}}', 'Header "a" is 1, expected a text'],
  ])('is refused with a reason: %s', (text, message) => {
    expect(() => parseLine(text, undefined)).toThrow(
      expect.objectContaining({ code: 'MALFORMED_LINE', message: expect.stringContaining(message) }),
    );
  });
});
