import type { FieldType } from '../core/projection.ts';

/** Casts that are always there: the name used from here on, and the Projection Storer's name of the same cast where it has one. */
const DEFAULT_CASTS: readonly (readonly [name: string, otherName?: string])[] = [
  ['defaultIdentity', 'identity'],
  ['defaultCastToString', 'castToString'],
  ['defaultCastToInteger', 'castToInteger'],
  ['defaultCastToFloat', 'castToFloat'],
  ['defaultCastUnitTimestampToISOString', 'castUnixTimestampToISOString'],
  ['defaultCastStringToBoolean', 'castStringToBoolean'],
  ['defaultCastToDate', 'castToDate'],
  ['defaultCastToObject', 'castToObject'],
  ['defaultCastToArrayOfObject', 'castToArrayOfObject'],
  ['castToLong'],
  ['castToDecimal'],
  ['castToBoolean'],
  ['castToArray'],
  ['castToObjectId'],
  ['castToGeoPoint'],
];

/** Any name of a default cast → the one name that the rest of the program knows. */
export const DEFAULT_CAST_NAMES: ReadonlyMap<string, string> = new Map(
  DEFAULT_CASTS.flatMap(([name, otherName]) => [[name, name] as const, ...(otherName === undefined ? [] : [[otherName, name] as const])]),
);

/** What a field is cast with when it names no cast. */
export const CAST_OF_TYPE: Readonly<Record<FieldType, string>> = {
  string: 'defaultCastToString',
  number: 'defaultCastToFloat',
  long: 'castToLong',
  decimal: 'castToDecimal',
  boolean: 'castToBoolean',
  date: 'defaultCastToDate',
  object: 'defaultCastToObject',
  array: 'castToArray',
  arrayOfObject: 'defaultCastToArrayOfObject',
  arrayOfString: 'castToArray',
  arrayOfNumber: 'castToArray',
  objectId: 'castToObjectId',
  geoPoint: 'castToGeoPoint',
};
