import { jsonBody } from './body.js';
import type { CorrectOptions } from './history.js';
import { type CallOptions, pathOf, withQuery } from './options.js';
import type { Requester } from './requester.js';
import type { DeletedStranger, NamedStranger, Stranger, StrangerDetails, StrangerPage } from './types.js';

export interface StrangerQuery {
  /** Strangers per page, 1 to 200. @default 50 */
  readonly limit?: number | undefined;
  /** `next` of the page before. */
  readonly after?: string | undefined;
}

/** Unknown faces of the history, each with its sightings: `history.list({ strangerId })`. */
export class Strangers {
  constructor(private readonly server: Requester) {}

  /** A page of strangers: those seen often come first, then the last seen. */
  list({ limit, after, ...options }: StrangerQuery & CallOptions = {}): Promise<StrangerPage> {
    return this.server.json({ path: withQuery('/strangers', { limit, after }) }, options);
  }

  /** With the most similar other strangers. @throws RostroApiError `stranger_not_found` */
  get(id: string, options?: CallOptions): Promise<StrangerDetails> {
    return this.server.json({ path: pathOf('strangers', id) }, options);
  }

  /**
   * Gives all sightings the name of a new or enrolled person, who is enrolled with the best crops.
   * @throws RostroApiError `stranger_not_found`, `bad_name`, `no_face`, `face_too_small`, `consent_required`
   */
  name(id: string, person: string, { consent, ...options }: CorrectOptions = {}): Promise<NamedStranger> {
    return this.patch(id, { person, consent }, options);
  }

  /** Two strangers are the same: all sightings go to the second. @throws RostroApiError `stranger_not_found` */
  sameAs(id: string, other: string, options?: CallOptions): Promise<NamedStranger> {
    return this.patch(id, { sameAs: other }, options);
  }

  /**
   * A sighting shows somebody else.
   * @returns the new stranger, who has only this sighting
   * @throws RostroApiError `stranger_not_found`, `sighting_not_found`
   */
  split(id: string, sighting: string, options?: CallOptions): Promise<Stranger> {
    const body = jsonBody({ sighting });
    return this.server.json({ method: 'POST', path: pathOf('strangers', id, 'split'), body }, options);
  }

  /** Erases all sightings of a stranger. @throws RostroApiError `stranger_not_found` */
  delete(id: string, options?: CallOptions): Promise<DeletedStranger> {
    return this.server.json({ method: 'DELETE', path: pathOf('strangers', id) }, options);
  }

  /** It is not a face: hides its sightings and later ones like them. @throws RostroApiError `stranger_not_found` */
  notAFace(id: string, options?: CallOptions): Promise<DeletedStranger> {
    const path = withQuery(pathOf('strangers', id), { notAFace: true });
    return this.server.json({ method: 'DELETE', path }, options);
  }

  private patch(id: string, patch: object, options?: CallOptions): Promise<NamedStranger> {
    const body = jsonBody(patch);
    return this.server.json({ method: 'PATCH', path: pathOf('strangers', id), body }, options);
  }
}
