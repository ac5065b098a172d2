import type { AuditedGallery } from '../privacy/audited-gallery.js';
import { RostroError } from '../shared/errors.js';

export const NOT_READY_REASONS = ['storage', 'database', 'queue', 'embedding', 'workers'] as const;
export type NotReadyReason = (typeof NOT_READY_REASONS)[number];

/** The load of the pipeline. */
export interface PipelineLoad {
  /** Photos waiting for a worker. */
  readonly waiting: number;
  /** How many may wait. */
  readonly maxWaiting: number;
  /** Workers that have loaded their networks. */
  readonly usableWorkers: number;
  /** Whether the embedding thread runs. */
  readonly isEmbedding: boolean;
}

export interface ReadinessParts {
  readonly gallery: Pick<AuditedGallery, 'writeFailed' | 'isWritable'>;
  readonly load: () => PipelineLoad;
  /** Whether the database is reachable and changes of other servers arrive; default: no database. */
  readonly isConnected?: () => boolean;
}

/** Whether the server can answer all requests. */
export class Readiness {
  /** Under way, for all callers: the check has no rate limit. */
  private test: Promise<boolean> | null = null;

  constructor(private readonly parts: ReadinessParts) {}

  /**
   * After a failed write the disk is tested again here: a load balancer that waits for this check sends no changes.
   * @returns null when ready
   */
  async notReadyReason(): Promise<NotReadyReason | null> {
    const { gallery, load, isConnected } = this.parts;
    const { waiting, maxWaiting, usableWorkers, isEmbedding } = load();
    if (!isEmbedding) return 'embedding';
    if (usableWorkers === 0) return 'workers';
    if (waiting >= maxWaiting) return 'queue';
    if (isConnected?.() === false) return 'database';
    return gallery.writeFailed && !(await this.isWritable()) ? 'storage' : null;
  }

  private isWritable(): Promise<boolean> {
    this.test ??= this.parts.gallery.isWritable().finally(() => (this.test = null));
    return this.test;
  }
}

/**
 * @param find null until the networks are loaded
 * @returns a getter that throws RostroError `not_ready` until then
 */
export function whenReady<T>(find: () => T | null): () => T {
  return () => {
    const found = find();
    if (found !== null) return found;
    throw new RostroError('not_ready', 'The networks are still being loaded; try again in a moment.');
  };
}
