import type { ProjectionMeta } from '../../core/metadata.ts';
import type { Offsets } from '../../log/log.ts';

/**
 * Where changes are announced through the log, records keep the images before those of their changes that may not have been announced.
 *
 * Who reads a partition announces all that it gives before more of it is read: so a change that stands below where a batch begins was
 * announced, and its image is dropped with the next change of the record. A change that stands there or above, or comes from elsewhere,
 * is announced once more, which is harmless.
 */
export interface ImageKeeping {
  /** Whether the last change of a record is certain to have been announced. */
  isAnnounced(meta: ProjectionMeta): boolean;
  /** The changes at hand are not made by who reads their partition. */
  readonly isApart: boolean;
}

/** Of a batch that was read in its turn: `begins` are the places at which it begins. */
export function readInTurn(begins: Offsets): ImageKeeping {
  return {
    isApart: false,
    isAnnounced: ({ topic, partition, offset, apart }) => apart !== true && offset < (begins.get(topic)?.get(partition) ?? 0),
  };
}

/** Of records that are read again, or by nobody in particular: nothing is known of what was announced. */
export const READ_APART: ImageKeeping = { isApart: true, isAnnounced: () => false };

/** Of changes that stand in no topic: rows of a file. */
export const OF_NO_TOPIC: ImageKeeping = { isApart: false, isAnnounced: () => false };
