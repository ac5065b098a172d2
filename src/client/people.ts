import { jsonBody, type Photo, photoBody } from './body.js';
import { type CallOptions, type CropOptions, pathOf, type ThumbnailSize, withQuery } from './options.js';
import type { Requester } from './requester.js';
import type {
  Corrected,
  DeletedExample,
  DeletedNegative,
  DeletedPerson,
  Negatives,
  PeoplePage,
  Person,
  PersonChange,
  PersonSummary,
} from './types.js';

export interface PeopleFilter {
  /** Part of the name. */
  readonly search?: string | undefined;
  readonly group?: string | undefined;
  /** The person's own id. */
  readonly id?: string | undefined;
  /** First letter of the name, ignoring case and accents; `#`: anything but a letter. */
  readonly initial?: string | undefined;
  /** `newest`: last enrolled first; `photos`: most examples first. @default 'name' */
  readonly sort?: 'name' | 'newest' | 'photos' | undefined;
  /** People per page, 1 to 500. @default 50 */
  readonly size?: number | undefined;
}

export interface PeopleQuery extends PeopleFilter {
  /** Counted from 1. */
  readonly page?: number | undefined;
}

export interface CorrectionOptions extends CallOptions {
  /** Index of the face in the list that the error `several_faces` returned for this photo. */
  readonly face?: number | undefined;
}

/** The enrolled people and their examples. */
export class People {
  constructor(private readonly server: Requester) {}

  list(query: PeopleQuery & CallOptions = {}): Promise<PeoplePage> {
    const { search, group, id, initial, sort, page, size, ...options } = query;
    const path = withQuery('/people', { search, group, id, initial, sort, page, size });
    return this.server.json({ path }, options);
  }

  /** All people, fetched page by page. People added or deleted meanwhile may be missing or come twice. */
  async *all({ size = 500, ...query }: PeopleFilter & CallOptions = {}): AsyncGenerator<PersonSummary, void> {
    for (let page = 1; ; page++) {
      const { people, total } = await this.list({ ...query, size, page });
      yield* people;
      if (people.length === 0 || page * size >= total) return;
    }
  }

  /** @throws RostroApiError `person_not_found` */
  get(name: string, options?: CallOptions): Promise<Person> {
    return this.server.json({ path: pathOf('people', name) }, options);
  }

  /**
   * Changes name and details.
   * @throws RostroApiError `person_not_found`, `person_exists`, `id_taken`, `bad_name`, `bad_details`, `consent_required`;
   *   `example_not_found` for a cover
   */
  change(name: string, change: PersonChange, options?: CallOptions): Promise<Person> {
    return this.server.json({ method: 'PATCH', path: pathOf('people', name), body: jsonBody(change) }, options);
  }

  /** Moves the examples of `from` to `into`. @throws RostroApiError `person_not_found` */
  merge(from: string, into: string, options?: CallOptions): Promise<Person> {
    return this.server.json({ method: 'POST', path: '/people/merge', body: jsonBody({ from, into }) }, options);
  }

  /** Erases a person. The result contains the receipt. @throws RostroApiError `person_not_found` */
  delete(name: string, options?: CallOptions): Promise<DeletedPerson> {
    return this.server.json({ method: 'DELETE', path: pathOf('people', name) }, options);
  }

  /** @throws RostroApiError `person_not_found` */
  examples(name: string, options?: CallOptions): Promise<Person> {
    return this.server.json({ path: pathOf('people', name, 'examples') }, options);
  }

  /**
   * Gives an example to another person; not the last one.
   * @returns that person
   * @throws RostroApiError `person_not_found`, `example_not_found`, `bad_request`
   */
  moveExample(name: string, example: string, person: string, options?: CallOptions): Promise<Person> {
    const body = jsonBody({ person });
    return this.server.json({ method: 'PATCH', path: pathOf('people', name, 'examples', example), body }, options);
  }

  /**
   * Erases one example, and the person with the last one. A key of the scope `enrol` undoes its own uploads of the last 10
   * minutes.
   * @throws RostroApiError `person_not_found`, `example_not_found`, `forbidden`
   */
  deleteExample(name: string, example: string, options?: CallOptions): Promise<DeletedExample> {
    return this.server.json({ method: 'DELETE', path: pathOf('people', name, 'examples', example) }, options);
  }

  /** The kept crop, a JPEG, or its thumbnail. @throws RostroApiError `person_not_found`, `example_not_found` */
  crop(name: string, example: string, { size, ...options }: CropOptions = {}): Promise<Blob> {
    return this.server.blob({ path: this.cropPath(name, example, size) }, options);
  }

  /** URL of the crop or its thumbnail, for an `<img>` in a logged-in browser. */
  cropUrl(name: string, example: string, size?: ThumbnailSize): string {
    return this.server.url + this.cropPath(name, example, size);
  }

  /** The faces that are not of the person. @throws RostroApiError `person_not_found` */
  negatives(name: string, options?: CallOptions): Promise<Negatives> {
    return this.server.json({ path: pathOf('people', name, 'negatives') }, options);
  }

  /**
   * "Not this person": faces nearer to this one than to the person's examples do not get the name.
   * @throws RostroApiError `person_not_found`, `no_face`, `several_faces`, `too_many_negatives`
   */
  addNegative(name: string, photo: Photo, { face, ...options }: CorrectionOptions = {}): Promise<Corrected> {
    const path = withQuery(pathOf('people', name, 'negatives'), { face });
    return this.server.json({ method: 'POST', path, body: photoBody(photo) }, options);
  }

  /** Erases a negative. @throws RostroApiError `person_not_found`, `example_not_found` */
  deleteNegative(name: string, negative: string, options?: CallOptions): Promise<DeletedNegative> {
    return this.server.json({ method: 'DELETE', path: pathOf('people', name, 'negatives', negative) }, options);
  }

  /** The kept crop of a negative, a JPEG. @throws RostroApiError `person_not_found`, `example_not_found` */
  negativeCrop(name: string, negative: string, { size, ...options }: CropOptions = {}): Promise<Blob> {
    const path = withQuery(pathOf('people', name, 'negatives', negative, 'crop'), { size });
    return this.server.blob({ path }, options);
  }

  /** All data of one person, as a ZIP file. @throws RostroApiError `person_not_found` */
  export(name: string, options?: CallOptions): Promise<ReadableStream<Uint8Array>> {
    return this.server.stream({ path: pathOf('people', name, 'export') }, options);
  }

  /** All data of several people, as one ZIP file with a folder each. @throws RostroApiError `person_not_found` */
  exportAll(names: readonly string[], options?: CallOptions): Promise<ReadableStream<Uint8Array>> {
    return this.server.stream({ method: 'POST', path: '/people/export', body: jsonBody({ names }) }, options);
  }

  private cropPath(name: string, example: string, size?: ThumbnailSize): string {
    return withQuery(pathOf('people', name, 'examples', example, 'crop'), { size });
  }
}
