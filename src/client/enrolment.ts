import { fileNameOf, formBody, type FormPart, type Photo } from './body.js';
import { RostroApiError } from './error.js';
import type { UploadOptions } from './options.js';
import type { Requester } from './requester.js';
import type { Enrolled, GivenConsent, Json, Uploaded } from './types.js';

/** The person on a photo. */
export interface EnrolOptions extends UploadOptions {
  /** Name of the person. Default: derived from the file name. */
  readonly name?: string | undefined;
  /** Index of the face to enrol in the list of faces that the error `several_faces` returned for this photo. */
  readonly face?: number | undefined;
  /** Whether the webcam of a page took the photo; with `LIVENESS_ENROL=1` it must show a living person (`not_live`). */
  readonly webcam?: boolean | undefined;
  /** The person's own id, unique. */
  readonly id?: string | undefined;
  /** Added to the person's groups. */
  readonly groups?: readonly string[] | undefined;
  readonly metadata?: Readonly<Record<string, Json>> | undefined;
  /** Needed for new people with `CONSENT=required`. */
  readonly consent?: GivenConsent | undefined;
  /** The last day of the person, such as `2027-12-31`. */
  readonly expires?: string | undefined;
  /** Needed if the photo is no `File` with a name and `name` is not given. */
  readonly fileName?: string | undefined;
}

/** A consent as a field of a form. */
export function consentText(consent: GivenConsent): string {
  return typeof consent === 'object' ? JSON.stringify(consent) : consent;
}

/** Sent in the body, because URLs are logged. */
function fieldsOf({ name, face, webcam, id, groups = [], metadata, consent, expires }: EnrolOptions): FormPart[] {
  const texts: [string, string | undefined][] = [
    ['name', name],
    ['face', face?.toString()],
    ['webcam', webcam?.toString()],
    ['id', id],
    ...groups.map((group): [string, string] => ['group', group]),
    ['metadata', metadata && JSON.stringify(metadata)],
    ['consent', consent && consentText(consent)],
    ['expires', expires],
  ];
  return texts.flatMap(([field, text]) => (text === undefined ? [] : [{ name: field, text }]));
}

interface NamedPhoto {
  readonly photo: Photo;
  readonly fileName: string;
}

/** `POST /upload` */
export class Enrolment {
  constructor(private readonly server: Requester) {}

  async one(photo: Photo, options: EnrolOptions): Promise<Enrolled> {
    return (await this.send([withFileName(photo, options)], options)).enrolled[0];
  }

  async all(photos: readonly Photo[], options: EnrolOptions): Promise<Uploaded> {
    return this.send(
      photos.map((photo) => withFileName(photo, options)),
      options,
    );
  }

  private send(files: readonly NamedPhoto[], options: EnrolOptions): Promise<Uploaded> {
    const parts = files.map(({ photo, fileName }): FormPart => ({ name: 'file', file: photo, fileName }));
    const body = formBody([...fieldsOf(options), ...parts]);
    return this.server.json({ method: 'POST', path: '/upload', body }, options);
  }
}

/** @throws RostroApiError `bad_name` if neither a name nor a file name is known */
function withFileName(photo: Photo, { name, fileName = fileNameOf(photo) }: EnrolOptions): NamedPhoto {
  if (fileName !== undefined) return { photo, fileName };
  if (name !== undefined) return { photo, fileName: 'photo' };
  throw new RostroApiError('bad_name', 'Give the name of the person or a file name that contains it.');
}
