import { formBody } from './body.js';
import type { FormPart } from './multipart.js';
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

/** `POST /upload` */
export class Enrolment {
  constructor(private readonly server: Requester) {}

  async one(photo: Photo, options: EnrolOptions): Promise<Enrolled> {
    const { fileName = fileNameOf(photo) ?? '' } = options;
    // A part without a file name would be a field; an empty one is a photo that does not say whose it is.
    return (await this.send([{ photo, fileName }], options)).enrolled[0];
  }

  all(photos: readonly Photo[], options: EnrolOptions): Promise<Uploaded> {
    return this.send(
      photos.map((photo) => ({ photo, fileName: fileNameOf(photo) ?? '' })),
      options,
    );
  }

  private send(files: readonly { photo: Photo; fileName: string }[], options: EnrolOptions): Promise<Uploaded> {
    const parts = files.map(({ photo, fileName }): FormPart => ({ name: 'file', file: photo, fileName }));
    const body = formBody([...fieldsOf(options), ...parts]);
    return this.server.json({ method: 'POST', path: '/upload', body }, options);
  }
}
