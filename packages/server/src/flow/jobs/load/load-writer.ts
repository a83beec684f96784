import type { Clock } from '../../../core/clock.ts';
import type { ProjectionMeta } from '../../../core/metadata.ts';
import type { ProjectionDefinition, Compatibility } from '../../../core/projection.ts';
import type { ErrorEntry, StoreWriter } from '../../../store/store.ts';
import { judge } from '../../2-project/order-guard.ts';
import { planProjection } from '../../2-project/projection-plan.ts';
import type { ProjectionPlan } from '../../2-project/projection-plan.ts';
import type { Projector } from '../../2-project/projector.ts';
import type { Propagator } from '../../propagator.ts';
import type { LoadCounts } from './load-progress.ts';
import { changeOfRow, newDocuments, placeOfRow } from './load-rows.ts';
import type { LoadSlice } from './load-rows.ts';
import type { LoadFile, RefusedRow } from './load-source.ts';

/** Between two announcements of a projection that is being filled: ms. */
const ANNOUNCE_EVERY_MS = 1_000;

interface Parts {
  readonly projector: Projector;
  readonly propagation: Propagator;
  readonly clock: Clock;
}

export interface LoadTarget {
  readonly projection: ProjectionDefinition;
  readonly compatibility: Compatibility;
  readonly topic: string;
  readonly startedAt: number;
  readonly files: readonly LoadFile[];
}

/** Writes rows of one load, some at a time, each within a unit of work. */
export class LoadWriter {
  readonly #parts: Parts;
  readonly #target: LoadTarget;
  readonly #plan: ProjectionPlan;
  #announcedAt = -Infinity;

  constructor(parts: Parts, target: LoadTarget) {
    this.#parts = parts;
    this.#target = target;
    this.#plan = planProjection(target.projection, target.compatibility);
  }

  /** `filling`: nobody looks at the projection before the end. Its rows are put where there are none; the few others go the usual way. */
  async write(writer: StoreWriter, slice: LoadSlice, mode: 'filling' | 'beside'): Promise<LoadCounts> {
    const { from, to, chunk } = slice;
    await this.#refuse(writer, chunk.begin.file, slice.refused);
    const all = Array.from({ length: to - from }, (_, i) => from + i);
    const rest = mode === 'filling' ? await this.#fill(writer, slice) : all;
    const counts = await this.#change(writer, slice, rest);
    return { ...counts, loaded: counts.loaded + all.length - rest.length, refused: slice.refused.length };
  }

  /** To be called with the last rows that fill a projection: whoever holds a result of it reads it again. */
  async announce(writer: StoreWriter): Promise<void> {
    await this.#parts.propagation.replaced(writer, [this.#plan.name]);
  }

  /** Gives the places of the rows that cannot be put, since there is something of their id. */
  async #fill(writer: StoreWriter, slice: LoadSlice): Promise<readonly number[]> {
    const { projector, clock } = this.#parts;
    const { topic, startedAt } = this.#target;
    const { from, to, chunk } = slice;
    if (from === to) return [];
    const place = placeOfRow(topic, startedAt, { file: chunk.begin.file, line: chunk.lines[from] as number });
    // A truncate that came since keeps them out.
    if (projector.isTruncated(this.#plan.name, place)) return Array.from({ length: to - from }, (_, i) => from + i);
    const now = clock.now();
    const refused = await writer.insertNew(this.#plan.name, newDocuments(slice, { topic, startedAt, now }));
    if (now - this.#announcedAt >= ANNOUNCE_EVERY_MS) {
      this.#announcedAt = now;
      await this.announce(writer);
    }
    return refused.map((at) => from + at);
  }

  /** Compares with what is stored, writes what differs, and lets follow what follows. */
  async #change(writer: StoreWriter, { chunk }: LoadSlice, places: readonly number[]): Promise<LoadCounts> {
    const counts = { loaded: 0, unchanged: 0, duplicates: 0, overtaken: 0, refused: 0 };
    if (places.length === 0) return counts;
    const { projector, propagation } = this.#parts;
    const { topic, startedAt } = this.#target;
    const { name, guarded } = this.#plan;
    const changes = places.map((at) => changeOfRow(chunk, at, { projection: name, topic, startedAt }));
    const stored = await writer.records(
      name,
      changes.map(({ id }) => id),
    );
    const applied = await projector.apply(writer, { batches: [{ plan: this.#plan, changes }], refused: [], retry: [] });
    const changed = new Set(applied.deltas.map(({ id }) => id));
    const seen = new Set<string>();
    for (const { id, place } of changes) {
      const record = stored.get(id);
      const meta = record === undefined ? null : (JSON.parse(record.meta) as ProjectionMeta);
      if (seen.has(id) || meta?.topic === topic) counts.duplicates++;
      else if (changed.has(id)) counts.loaded++;
      else if (projector.isTruncated(name, place) || (meta !== null && judge(meta, place, guarded) === 'stale')) counts.overtaken++;
      else counts.unchanged++;
      seen.add(id);
    }
    await propagation.runLater(writer, applied.deltas);
    await projector.forgetImages(writer, applied.announced);
    return counts;
  }

  async #refuse(writer: StoreWriter, file: number, refused: readonly RefusedRow[]): Promise<void> {
    if (refused.length === 0) return;
    const { topic, startedAt, projection, files } = this.#target;
    const now = this.#parts.clock.now();
    const entries = refused.map(({ line, code, reason, raw }): ErrorEntry => ({
      id: `${topic}/${file}/${line}`,
      kind: 'dead-letter',
      code,
      reason: `Line ${line} of ${files[file]?.name ?? ''}: ${reason}`,
      position: { topic, partition: file, offset: line, timestamp: startedAt },
      key: null,
      value: raw,
      headers: {},
      system: projection.system,
      projection: projection.name,
      view: null,
      identifier: null,
      attempts: 1,
      createdAt: now,
      resolvedAt: null,
    }));
    await writer.saveErrors(entries);
  }
}
