import { Buffer } from 'node:buffer';
import { subscribe } from 'node:diagnostics_channel';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';

/**
 * A response of a server in this process.
 * @typedef {object} Answer
 * @property {string} method
 * @property {string} url without the path of BASE_PATH
 * @property {number} status
 * @property {string} type content type; '' for none
 * @property {string | null} body if it is text that the document describes
 * @property {boolean} isWhole false if the connection ended early
 */

/** Present in every response of Rostro, but not of other servers in tests. */
const MARK = 'x-request-id';
const KEPT = /^(application\/json|text\/event-stream)\b/;

/**
 * Calls `onAnswer` after each response of Rostro in this process. Plain JavaScript, because the program that tests
 * start is plain Node.
 * @param {(answer: Answer) => void} onAnswer
 */
export function recordAnswers(onAnswer) {
  subscribe('http.server.request.start', (message) => {
    const { request, response } = /** @type {any} */ (message);
    const { method, url: asked } = request;
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
      // A client that disconnected may get no response.
      if (!response.headersSent || !response.hasHeader(MARK)) return;
      const root = `${response.locals?.publicPath ?? ''}/`;
      const url = asked.startsWith(root) ? `/${asked.slice(root.length)}` : asked;
      const type = typeOf(response);
      const body = KEPT.test(type) ? textOf(Buffer.concat(chunks), response) : null;
      onAnswer({ method, url, status: response.statusCode, type, body, isWhole: response.writableFinished });
    });
  });
}

/** @type {Record<string, (bytes: Buffer) => Buffer>} */
const DECODERS = { br: brotliDecompressSync, gzip: gunzipSync, deflate: inflateSync };

/** @param {Buffer} bytes @param {any} response */
function textOf(bytes, response) {
  const decode = DECODERS[String(response.getHeader('content-encoding'))];
  if (decode === undefined || bytes.length === 0 || !response.writableFinished) return bytes.toString();
  return decode(bytes).toString();
}

/** @param {any} response */
function typeOf(response) {
  return String(response.getHeader('content-type') ?? '');
}

/** @param {unknown} given @returns {BufferEncoding} */
function encodingOf(given) {
  return typeof given === 'string' ? /** @type {BufferEncoding} */ (given) : 'utf8';
}
