import type { AuditedGallery } from '../privacy/audited-gallery.js';
import { RostroError } from '../shared/errors.js';

export type NotReadyReason = 'storage' | 'database' | 'queue' | 'embedding';

/** How much the pipeline has to do. */
export interface PipelineLoad {
  /** Photos that wait for a worker. */
  readonly waiting: number;
  /** As many may wait. */
  readonly maxWaiting: number;
  /** Whether the thread that embeds faces lives. */
  readonly isEmbedding: boolean;
}

export interface ReadinessParts {
  readonly gallery: Pick<AuditedGallery, 'writeFailed' | 'isWritable'>;
  readonly load: () => PipelineLoad;
  /** Whether the database is there, and changes of other servers come in; default: there is none. */
  readonly isConnected?: () => boolean;
}

/** Whether the server can do all that it is for. */
export class Readiness {
  constructor(private readonly parts: ReadinessParts) {}

  /**
   * A disk that did not take the last change is tried again, because whoever asks here sends no changes meanwhile.
   * @returns null where it is ready
   */
  async whyNot(): Promise<NotReadyReason | null> {
    const { gallery, load, isConnected } = this.parts;
    const { waiting, maxWaiting, isEmbedding } = load();
    if (!isEmbedding) return 'embedding';
    if (waiting >= maxWaiting) return 'queue';
    if (isConnected?.() === false) return 'database';
    return gallery.writeFailed && !(await gallery.isWritable()) ? 'storage' : null;
  }
}

/**
 * @param find null until the networks are loaded
 * @returns what is found, or throws RostroError `not_ready`
 */
export function whenReady<T>(find: () => T | null): () => T {
  return () => {
    const found = find();
    if (found !== null) return found;
    throw new RostroError('not_ready', 'The networks are still being loaded; try again in a moment.');
  };
}
