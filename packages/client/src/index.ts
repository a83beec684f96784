/** The client of Millrace: live queries and reading, in the browser and in Node. */
export { connect } from './millrace.ts';
export type { AnyCollections, Millrace } from './millrace.ts';
export type { ConnectOptions } from './options.ts';
export { MillraceError } from './error.ts';
export type { ClientErrorCode } from './error.ts';
export type { LiveQuery, SnapshotListener } from './live-query.ts';
export type { Snapshot, SnapshotStatus } from './snapshot.ts';
export { mergeChanges } from './change.ts';
export type { Change } from './change.ts';
export type { ConnectionStatus } from './connection-state.ts';
export type { Condition, FindQuery, Operators, Query, Select, Sort, Where } from './query.ts';
export type { FieldPath, ValueAt } from './field-path.ts';
export type { Row } from './row.ts';
export type { Key } from './key-text.ts';
export type { AnyDocument, Value } from './value.ts';
export type { RequestOptions } from './http.ts';
export type { TokenSource } from './link.ts';
export type { Connection, Transport, TransportHandlers } from './transport.ts';
export type { Clock, Timer } from './clock.ts';
export type {
  CollectionOverview,
  CollectionsOverview,
  JobOverview,
  PipelineOverview,
  Position,
  ProblemDetails,
  StageOverview,
} from '@millrace/protocol';
