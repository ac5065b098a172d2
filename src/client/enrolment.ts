import { formBody, type FormPart } from './body.js';
import { RostroApiError } from './error.js';
import type { UploadOptions } from './options.js';
import { fileNameOf, type Photo } from './photo.js';
import type { Requester } from './requester.js';
import type { Enrolled, Json, Uploaded } from './types.js';

/** What is said of the person on a photo. */
export interface EnrolOptions extends UploadOptions {
  /** Who it is; else the name of the file says so. */
  readonly name?: string | undefined;
  /** Which of several faces is meant: its place in the list that `several_faces` gave for this photo. */
  readonly face?: number | undefined;
  /** The person's own id, unique. */
  readonly id?: string | undefined;
  /** They join those that the person is in. */
  readonly groups?: readonly string[] | undefined;
  readonly metadata?: Readonly<Record<string, Json>> | undefined;
  /** Where the photo is no File that has a name. */
  readonly fileName?: string | undefined;
}

/** Sent in the body, because addresses are written into logs. */
function fieldsOf({ name, face, id, groups = [], metadata }: EnrolOptions): FormPart[] {
  const texts: [string, string | undefined][] = [
    ['name', name],
    ['face', face?.toString()],
    ['id', id],
    ...groups.map((group): [string, string] => ['group', group]),
    ['metadata', metadata && JSON.stringify(metadata)],
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
    return (await this.send([named(photo, options)], options)).enrolled[0];
  }

  async all(photos: readonly Photo[], options: EnrolOptions): Promise<Uploaded> {
    return this.send(
      photos.map((photo) => named(photo, options)),
      options,
    );
  }

  private send(files: readonly NamedPhoto[], options: EnrolOptions): Promise<Uploaded> {
    const parts = files.map(({ photo, fileName }): FormPart => ({ name: 'file', file: photo, fileName }));
    const body = formBody([...fieldsOf(options), ...parts]);
    return this.server.json({ method: 'POST', path: '/upload', body }, options);
  }
}

/** In a form every file has a name; where none says who it is, that is told before anything is sent. */
function named(photo: Photo, { name, fileName = fileNameOf(photo) }: EnrolOptions): NamedPhoto {
  if (fileName !== undefined) return { photo, fileName };
  if (name !== undefined) return { photo, fileName: 'photo' };
  throw new RostroApiError('bad_name', 'Give the name of the person, or the name of the file that says it.');
}
