import { expect, test } from 'vitest';
import { StoredRecord } from '../../core/record.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import type { LiveChange, LiveRow } from './live.ts';
import { FrameTarget, FrameTexts } from './session-frames.ts';

const TARGET = new FrameTarget('0.10', 'items', 'mongo');

function countedRow(): { readonly row: LiveRow; readonly made: () => number } {
  let made = 0;
  const record = new StoredRecord('a', '{}', 'PUBLIC', '{}');
  const payload = (): string => {
    made++;
    return '{}';
  };
  return { row: { docId: 'a', record, payload }, made: () => made };
}

test('a change is written once for all subscriptions of one target', () => {
  const frames = new FrameTexts(new ManualClock(10_000));
  const { row, made } = countedRow();
  const change: LiveChange = { kind: 'insert', row, after: undefined };
  const texts = ['"s"', '"t"'].map((id) => frames.feed(id, change, { target: TARGET, since: 0, position: undefined }).text);
  expect(texts.map((text) => (JSON.parse(text) as { data: unknown }).data)).toMatchObject([{ id: 's' }, { id: 't' }]);
  expect(made()).toBe(1);
  frames.feed('"u"', change, { target: new FrameTarget('own', 'items', 'mongo'), since: 0, position: undefined });
  expect(made()).toBe(2);
});

test('no time in a change is before what a client holds, even where others were told of it before', () => {
  const clock = new ManualClock(10_000);
  const frames = new FrameTexts(clock);
  const change: LiveChange = { kind: 'update', row: countedRow().row, after: undefined };
  const told = (since: number) => frames.feed('"s"', change, { target: TARGET, since, position: undefined }).time;
  expect(told(0)).toBe(10);
  clock.advance(5_000);
  expect(told(10)).toBe(10);
  expect(told(frames.seconds())).toBe(15);
});

test('time never goes back, whatever the clock does', () => {
  const clock = new ManualClock(10_000);
  const frames = new FrameTexts(clock);
  expect(frames.seconds()).toBe(10);
  clock.advance(-5_000);
  expect(frames.seconds()).toBe(10);
});
