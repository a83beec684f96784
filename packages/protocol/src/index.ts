/** What the server, the client and the console say to each other. */
export { PROTOCOL_VERSION } from './version.ts';
export { CLOSE_CODES } from './frames.ts';
export type {
  ClientFrame,
  ClosedData,
  Envelope,
  Feed,
  FeedType,
  Position,
  PositionData,
  ResetData,
  ServerFrame,
  SubscribeData,
  SubscribeReply,
  UnsubscribeData,
  UnsubscribeReply,
} from './frames.ts';
export type { ProblemDetails } from './problem.ts';
export type { CollectionOverview, CollectionsOverview, JobOverview, PipelineOverview, StageOverview } from './overview.ts';
