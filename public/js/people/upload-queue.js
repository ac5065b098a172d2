import { RostroApiError } from '../../client/index.js';
import { rostro } from '../api.js';
import { PageError } from '../describe-error.js';
import { whenReady } from '../retry.js';

/**
 * @import { Enrolled, EnrolOptions, Progress } from '/client/index.js'
 *
 * @typedef {Pick<Enrolled, 'name' | 'example' | 'outcome'> & { quality: Enrolled['quality'] | null, warnings: readonly { code: string }[] }} Result
 *   what the review shows of an enrolled photo; `quality` is null where only the server has it
 *
 * @typedef {object} Upload one photo in the review, dropped, chosen, taken or imported
 * @property {string} file its name or path
 * @property {number} bytes 0 for a photo that is on the server already
 * @property {(() => Promise<Blob>) | null} photo null where the page cannot show it
 * @property {((upload: Upload, onProgress: (progress: Progress) => void) => Promise<Result>) | null} send null where an answer cannot help
 * @property {boolean} [isNamed] the name is certain: only the face is asked for
 * @property {string} [name] overrides the file's name
 * @property {number} [face] the chosen face of a photo with several
 * @property {EnrolOptions['consent']} [consent] of a new person, where the server asks for it
 * @property {'unnamed' | 'waiting' | 'sending' | 'looking' | 'enrolled' | 'refused' | 'undone'} state
 * @property {number} fraction of the bytes that has been sent, 0..1
 * @property {Result} [enrolled]
 * @property {number} [enrolledAt] milliseconds since 1970
 * @property {boolean} [isKept] the user has seen the doubts about it and keeps it
 * @property {RostroApiError | PageError} [error]
 * @property {RostroApiError} [several] the error with the list of faces, kept to choose another one
 */

const AT_ONCE = 2;

/**
 * A photo of this device.
 * @param {File} file
 * @param {{ name?: string, webcam?: boolean }} [options]
 * @returns {Upload}
 */
export function uploadOf(file, { name, webcam } = {}) {
  return {
    file: file.name,
    bytes: file.size,
    photo: () => Promise.resolve(file),
    async send(upload, onProgress) {
      await checkReadable(file);
      const { name, face, consent } = upload;
      return rostro.enrol(file, { name, face, consent, webcam, onProgress });
    },
    name,
    state: 'waiting',
    fraction: 0,
  };
}

/** Sends photos, one per request, two at once. Stops while the server is unreachable, waits while it is loading. */
export class UploadQueue {
  /** @type {Upload[]} */
  #waiting = [];
  #running = 0;
  /** The server is unreachable; nothing is sent until `resume`. */
  paused = false;
  /** The server is loading. */
  serverLoading = false;

  /** @param {(upload: Upload) => void} onChange called after every change of an upload or of the queue's state */
  constructor(onChange) {
    this.onChange = onChange;
  }

  get busy() {
    return this.#running > 0 || this.#waiting.length > 0;
  }

  /** @param {Upload} upload */
  add(upload) {
    Object.assign(upload, { state: 'waiting', fraction: 0, error: undefined });
    this.#waiting.push(upload);
    this.onChange(upload);
    this.#next();
  }

  resume() {
    this.paused = false;
    this.#next();
  }

  #next() {
    while (!this.paused && this.#running < AT_ONCE) {
      const upload = this.#waiting.shift();
      if (!upload) return;
      this.#running++;
      void this.#run(upload).then(() => {
        this.#running--;
        this.onChange(upload);
        this.#next();
      });
    }
  }

  /** @param {Upload} upload */
  async #run(upload) {
    try {
      upload.enrolled = await whenReady(
        () => this.#send(upload),
        (waiting) => {
          this.serverLoading = waiting;
          this.onChange(upload);
        },
      );
      Object.assign(upload, { state: 'enrolled', enrolledAt: Date.now() });
    } catch (error) {
      this.#fail(upload, isKnown(error) ? error : new PageError('internal', String(error)));
    }
  }

  /** @param {Upload} upload @returns {Promise<Result>} */
  #send(upload) {
    upload.state = 'sending';
    this.onChange(upload);
    if (upload.send === null) throw new PageError('internal', 'This photo cannot be sent.');
    return upload.send(upload, ({ sent, total }) => {
      upload.fraction = total ? sent / total : 0;
      upload.state = upload.fraction === 1 ? 'looking' : 'sending';
      this.onChange(upload);
    });
  }

  /** @param {Upload} upload @param {RostroApiError | PageError} error */
  #fail(upload, error) {
    if (error.code === 'unreachable') {
      this.paused = true;
      Object.assign(upload, { state: 'waiting', fraction: 0 });
      this.#waiting.unshift(upload);
      return;
    }
    Object.assign(upload, { state: 'refused', error });
    if (error instanceof RostroApiError && error.code === 'several_faces') upload.several = error;
  }
}

/** @param {unknown} error @returns {error is RostroApiError | PageError} */
const isKnown = (error) => error instanceof RostroApiError || error instanceof PageError;

/** Checks that the file still exists: sending a deleted file looks like an unreachable server. @param {File} file */
async function checkReadable(file) {
  await file
    .slice(0, 1)
    .arrayBuffer()
    .catch(() => {
      throw new PageError('file_unreadable', `${file.name} cannot be read.`);
    });
}
