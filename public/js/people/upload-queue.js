import { RostroApiError } from '../../client/index.js';
import { rostro } from '../api.js';
import { PageError } from '../describe-error.js';
import { whenReady } from '../retry.js';

/**
 * @import { Enrolled, EnrolOptions, Progress } from '/client/index.js'
 *
 * @typedef {object} Upload one photo on its way
 * @property {File} file
 * @property {string} [name] overrides the file's name
 * @property {number} [face] the chosen face of a photo with several
 * @property {EnrolOptions['consent']} [consent] of a new person, where the server asks for it
 * @property {'unnamed' | 'waiting' | 'sending' | 'looking' | 'enrolled' | 'refused'} state
 * @property {number} fraction of the bytes that has been sent, 0..1
 * @property {Enrolled} [enrolled]
 * @property {RostroApiError | PageError} [error]
 * @property {RostroApiError} [several] the error with the list of faces, kept to choose another one
 */

const AT_ONCE = 2;

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
      await checkReadable(upload.file);
      upload.enrolled = await whenReady(
        () => this.#send(upload),
        (waiting) => {
          this.serverLoading = waiting;
          this.onChange(upload);
        },
      );
      upload.state = 'enrolled';
    } catch (error) {
      this.#fail(upload, isKnown(error) ? error : new PageError('internal', String(error)));
    }
  }

  /** @param {Upload} upload */
  #send(upload) {
    upload.state = 'sending';
    this.onChange(upload);
    const { file, name, face, consent } = upload;
    const onProgress = (/** @type {Progress} */ { sent, total }) => {
      upload.fraction = total ? sent / total : 0;
      upload.state = upload.fraction === 1 ? 'looking' : 'sending';
      this.onChange(upload);
    };
    return rostro.enrol(file, { name, face, consent, onProgress });
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
