import { jsonBody } from './body.js';
import { type CallOptions, type CropOptions, pathOf, withQuery } from './options.js';
import type { Requester } from './requester.js';
import type { DeletedSighting, ErasedSightings, GivenConsent, Sighting, SightingPage } from './types.js';

/** All conditions must hold. */
export interface SightingFilter {
  /** Name of an enrolled person. */
  readonly person?: string | undefined;
  /** True: only strangers; false: only enrolled people. */
  readonly stranger?: boolean | undefined;
  /** Only of the stranger with this id. */
  readonly strangerId?: string | undefined;
  readonly source?: Sighting['source'] | undefined;
  /** Id of a camera. */
  readonly camera?: string | undefined;
  /** First seen at this time or later. */
  readonly from?: Date | undefined;
  /** First seen before this time. */
  readonly to?: Date | undefined;
  /** Least quality score of the best look, 0..1. */
  readonly minQuality?: number | undefined;
}

export interface SightingQuery extends SightingFilter {
  /** Sightings per page, 1 to 200. @default 50 */
  readonly limit?: number | undefined;
  /** `next` of the page before. */
  readonly before?: string | undefined;
}

export interface CorrectOptions extends CallOptions {
  /** Of the person; needed for new people with `CONSENT=required`. */
  readonly consent?: GivenConsent | undefined;
}

/** Who was seen. Nothing is recorded on a server without `HISTORY_DAYS`. */
export class History {
  constructor(private readonly server: Requester) {}

  /** A page of sightings, the newest first. */
  list({ limit, before, ...query }: SightingQuery & CallOptions = {}): Promise<SightingPage> {
    const { filter, options } = split(query);
    return this.server.json({ path: withQuery('/sightings', { ...filter, limit, before }) }, options);
  }

  /** All sightings that match, fetched page by page, the newest first. */
  async *all({ limit = 200, before, ...query }: SightingQuery & CallOptions = {}): AsyncGenerator<Sighting, void> {
    for (let next: string | null | undefined = before; next !== null;) {
      const page: SightingPage = await this.list({ ...query, limit, before: next });
      yield* page.sightings;
      next = page.next;
    }
  }

  /** @throws RostroApiError `sighting_not_found` */
  get(id: string, options?: CallOptions): Promise<Sighting> {
    return this.server.json({ path: pathOf('sightings', id) }, options);
  }

  /** The crop of the best look, a JPEG. @throws RostroApiError `sighting_not_found` */
  crop(id: string, { size, ...options }: CropOptions = {}): Promise<Blob> {
    return this.server.blob({ path: withQuery(pathOf('sightings', id, 'crop'), { size }) }, options);
  }

  /**
   * Says who a sighting shows: the crop is enrolled as the person, and becomes a negative of the person that it had before.
   * @param person null: a stranger
   * @throws RostroApiError `sighting_not_found`, `bad_name`, `no_face`, `face_too_small`, `too_many_negatives`,
   *   `consent_required`
   */
  correct(id: string, person: string | null, { consent, ...options }: CorrectOptions = {}): Promise<Sighting> {
    const body = jsonBody({ person, consent });
    return this.server.json({ method: 'PATCH', path: pathOf('sightings', id), body }, options);
  }

  /** @throws RostroApiError `sighting_not_found` */
  delete(id: string, options?: CallOptions): Promise<DeletedSighting> {
    return this.server.json({ method: 'DELETE', path: pathOf('sightings', id) }, options);
  }

  /** Erases all sightings that match a filter with at least one condition. @throws RostroApiError `bad_request` */
  deleteWhere(query: SightingFilter & CallOptions): Promise<ErasedSightings> {
    const { filter, options } = split(query);
    return this.server.json({ method: 'DELETE', path: withQuery('/sightings', filter) }, options);
  }

  /** Erases the whole history. */
  deleteAll(options?: CallOptions): Promise<ErasedSightings> {
    return this.server.json({ method: 'DELETE', path: withQuery('/sightings', { all: true }) }, options);
  }
}

function split(query: SightingFilter & CallOptions) {
  const { person, stranger, strangerId, source, camera, from, to, minQuality, ...options } = query;
  const times = { from: from?.toISOString(), to: to?.toISOString() };
  return { filter: { person, stranger, strangerId, source, camera, ...times, minQuality }, options };
}
