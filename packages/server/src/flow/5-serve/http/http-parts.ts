import type { CollectionsOverview, PipelineOverview } from '@millrace/protocol';
import type { Clock } from '../../../core/clock.ts';
import type { Logger } from '../../../core/logger.ts';
import type { Definitions } from '../../../core/definitions.ts';
import type { Plan } from '../../../plan/plan.ts';
import type { ShortReader, StoreReader } from '../../../store/store.ts';
import type { Guard } from './guard.ts';
import type { HttpSettings } from './http-settings.ts';

/** What the routes are made from. */
export interface HttpParts {
  readonly settings: HttpSettings;
  readonly guard: Guard;
  /** Name of the project. */
  readonly id: string;
  /** Of the program. */
  readonly version: string;
  readonly definitions: Definitions;
  readonly plan: Plan;
  /** Reads that are short for sure, in the engine's own thread. */
  readonly gets: Pick<StoreReader, 'records'> & ShortReader;
  /** Reads that may be long: they block nobody, and are stopped when they take too long. */
  readonly reader: Pick<StoreReader, 'find' | 'count' | 'iterate'>;
  readonly overview: Overview;
  readonly health: Health;
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
  /** Told of every request when it was answered. */
  readonly onRequest: (request: FinishedRequest) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Folder of the console's built pages; undefined where it was not built. */
  readonly consoleFolder: string | undefined;
}

export interface Overview {
  collections(): Promise<CollectionsOverview>;
  pipeline(): Promise<PipelineOverview>;
}

export interface Health {
  /** Undefined: ready. Else why not: one sentence. */
  unready(): Promise<string | undefined>;
  checkUp(): Promise<readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[]>;
}

/** A request that was answered, told without anything of what was asked for. */
export interface FinishedRequest {
  readonly method: string;
  /** Template, such as `/:collection/count`. */
  readonly route: string;
  readonly status: number;
  readonly ms: number;
}
