import express, { type RequestHandler } from 'express';
import { RostroError } from '../shared/errors.js';

/** Values, keys and separators; a photo with its fields has ten. */
const MAX_MARKS = 1000;
const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const MARKS = new Set(Buffer.from('[{,:'));

/**
 * Reads a JSON body that is large because of one long text. `JSON.parse` takes ten seconds and a gigabyte for 26 MB of
 * brackets, on the thread that answers everybody, so a body with many values is refused before it is parsed.
 * @param limit bytes
 * @param maxMarks values, keys and separators
 */
export function jsonBody(limit: number, maxMarks = MAX_MARKS): RequestHandler {
  return express.json({
    limit,
    verify(_request, _response, bytes, encoding) {
      if (encoding === 'utf-8' && !hasManyValues(bytes, maxMarks)) return;
      throw new RostroError('bad_request', `The JSON body is not UTF-8, or has more than ${maxMarks} values.`);
    },
  });
}

function hasManyValues(bytes: Buffer, maxMarks: number): boolean {
  let marks = 0;
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] === QUOTE) i = endOfText(bytes, i);
    else if (MARKS.has(bytes[i]) && ++marks > maxMarks) return true;
  }
  return false;
}

/** @returns where the quote is that ends the text which begins at `start`; the end of the body where there is none */
function endOfText(bytes: Buffer, start: number): number {
  for (let end = bytes.indexOf(QUOTE, start + 1); end >= 0; end = bytes.indexOf(QUOTE, end + 1)) {
    let before = end;
    while (bytes[before - 1] === BACKSLASH) before--;
    if ((end - before) % 2 === 0) return end;
  }
  return bytes.length;
}
