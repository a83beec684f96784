import type { FieldType } from '../projection.ts';
import type { Cast } from './cast.ts';
import {
  castStringToBoolean,
  castToArrayOfObject,
  castToDate,
  castToFloat,
  castToInteger,
  castToObject,
  castToString,
  castUnixTimestampToISOString,
  identity,
} from './original-casts.ts';
import { castToArray, castToBoolean, castToDecimal, castToGeoPoint, castToLong, castToObjectId } from './own-casts.ts';

export interface DefaultCast {
  /** The name that the documentation uses: of an original default the Console's, of one of ours the only one. */
  readonly name: string;
  /** All names, the Projection Storer's included. */
  readonly names: readonly string[];
  readonly cast: Cast;
  /** Whether it is one of the originals'. */
  readonly original: boolean;
}

function original(name: string, alias: string, cast: Cast): DefaultCast {
  return { name, names: [name, alias], cast, original: true };
}

function own(name: string, cast: Cast): DefaultCast {
  return { name, names: [name], cast, original: false };
}

/** Every default cast once, in the order of the documentation. */
export const DEFAULT_CAST_LIST: readonly DefaultCast[] = [
  original('defaultIdentity', 'identity', identity),
  original('defaultCastToString', 'castToString', castToString),
  original('defaultCastToInteger', 'castToInteger', castToInteger),
  original('defaultCastToFloat', 'castToFloat', castToFloat),
  // "Unit" is how the original spells it.
  original('defaultCastUnitTimestampToISOString', 'castUnixTimestampToISOString', castUnixTimestampToISOString),
  original('defaultCastStringToBoolean', 'castStringToBoolean', castStringToBoolean),
  original('defaultCastToDate', 'castToDate', castToDate),
  original('defaultCastToObject', 'castToObject', castToObject),
  original('defaultCastToArrayOfObject', 'castToArrayOfObject', castToArrayOfObject),
  own('castToBoolean', castToBoolean),
  own('castToLong', castToLong),
  own('castToDecimal', castToDecimal),
  own('castToArray', castToArray),
  own('castToObjectId', castToObjectId),
  own('castToGeoPoint', castToGeoPoint),
];

/** By every name. A name that is not here is one of the user's own functions. */
export const DEFAULT_CASTS: ReadonlyMap<string, DefaultCast> = new Map(
  DEFAULT_CAST_LIST.flatMap((entry) => entry.names.map((name) => [name, entry])),
);

const BY_TYPE: Readonly<Record<FieldType, string>> = {
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

/** Name of the cast of a field that names none. `defaultCastToInteger` is never chosen: it must be asked for. */
export function defaultCastFor(type: FieldType): string {
  return BY_TYPE[type];
}
