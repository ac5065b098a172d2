/**
 * A picture, or a ZIP archive of them:
 * - a `Blob` or `File`; in Node also what `fs.openAsBlob` gives, which is read from the disk while it is sent;
 * - bytes: `Uint8Array`, `Buffer`, `ArrayBuffer`;
 * - a `ReadableStream` or anything that iterates over bytes, such as `fs.createReadStream`: sent as it comes, never held
 *   in memory, and never sent a second time: such a call is not retried. Browsers refuse streams over HTTP/1.1.
 */
export type Photo = Blob | ArrayBuffer | ArrayBufferView | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

/** What can be sent once only. */
export type PhotoStream = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

export function isStream(photo: Photo): photo is PhotoStream {
  return !(photo instanceof Blob) && !(photo instanceof ArrayBuffer) && !ArrayBuffer.isView(photo);
}

/** The photo as a Blob; of bytes without a copy that stays. */
export function blobOf(photo: Exclude<Photo, PhotoStream>): Blob {
  return photo instanceof Blob ? photo : new Blob([photo as BlobPart]);
}

/** The name that a file comes with. */
export function fileNameOf(photo: Photo): string | undefined {
  const { name } = photo as { name?: unknown };
  return photo instanceof Blob && typeof name === 'string' && name !== '' ? name : undefined;
}

/** Of a picture that is sent without a form. */
export function contentTypeOf(photo: Photo): string {
  return photo instanceof Blob && photo.type.startsWith('image/') ? photo.type : 'application/octet-stream';
}
