import { Buffer } from 'node:buffer';
import { subscribe } from 'node:diagnostics_channel';

/**
 * What a server of this process answered to one request.
 * @typedef {object} Answer
 * @property {string} method
 * @property {string} url
 * @property {number} status
 * @property {string} type of the content; '' for none
 * @property {string | null} body where it is text that the document describes
 * @property {boolean} isWhole false where the connection ended before it
 */

/** Every answer of Rostro has it; other servers of the tests have not. */
const MARK = 'x-request-id';
const KEPT = /^(application\/json|text\/event-stream)\b/;

/**
 * Calls `onAnswer` after each answer that Rostro gives in this process. Plain JavaScript, because the program that tests
 * start is plain Node.
 * @param {(answer: Answer) => void} onAnswer
 */
export function recordAnswers(onAnswer) {
  subscribe('http.server.request.start', (message) => {
    const { request, response } = /** @type {any} */ (message);
    const { method, url } = request;
    /** @type {Buffer[]} */
    const chunks = [];
    for (const name of /** @type {const} */ (['write', 'end'])) {
      const original = response[name];
      response[name] = function (/** @type {unknown[]} */ ...given) {
        const [chunk, encoding] = given;
        if (KEPT.test(typeOf(response)) && (typeof chunk === 'string' || chunk instanceof Uint8Array)) {
          chunks.push(typeof chunk === 'string' ? Buffer.from(chunk, encodingOf(encoding)) : Buffer.from(chunk));
        }
        return original.apply(this, given);
      };
    }
    response.once('close', () => {
      // A client that left may get no answer at all.
      if (!response.headersSent || !response.hasHeader(MARK)) return;
      const type = typeOf(response);
      const body = KEPT.test(type) ? Buffer.concat(chunks).toString() : null;
      onAnswer({ method, url, status: response.statusCode, type, body, isWhole: response.writableFinished });
    });
  });
}

/** @param {any} response */
function typeOf(response) {
  return String(response.getHeader('content-type') ?? '');
}

/** @param {unknown} given @returns {BufferEncoding} */
function encodingOf(given) {
  return typeof given === 'string' ? /** @type {BufferEncoding} */ (given) : 'utf8';
}
