import type { Writable } from 'node:stream';
import type { Request, RequestHandler } from 'express';
import { sniffImage } from '../faces/image/sniff.js';

/** The file name that {@link photoParts} gives to photos without one. */
const NO_FILE_NAME = 'rostro-part-without-file-name';

/** @returns undefined for a part that was sent without a file name */
export function givenFileName(name: string): string | undefined {
  return name === NO_FILE_NAME ? undefined : name;
}

/** Longer part headers are passed on as they are; the parser refuses them. */
const MAX_HEAD_BYTES = 16 * 1024;
/** Of a part without file name and image type, to recognise a photo. */
const SNIFFED_BYTES = 64;
const HEAD_END = '\r\n\r\n';
const PHOTO_TYPE = /\r\ncontent-type: *(?:image\/|application\/octet-stream)/i;
const DISPOSITION = /\r\ncontent-disposition: *form-data/i;

/**
 * `streamHandler` of multer: passes the request on to its parser, which takes only parts with a file name for files. Parts
 * without one that have an image type, or begin like a picture or a data URL, get {@link NO_FILE_NAME}.
 */
export function photoParts(request: Request, parser: Writable): void {
  const boundary = /;\s*boundary=("[^"]+"|[^\s;]+)/i.exec(request.headers['content-type'] ?? '')?.[1];
  if (boundary !== undefined) nameParts(parser, new PartNames(`\r\n--${boundary.replaceAll('"', '')}`));
  request.pipe(parser);
}

/** A stream in between would keep the parser from pausing and leaving the request. */
function nameParts(parser: Writable, names: PartNames): void {
  const [write, final] = [parser._write.bind(parser), parser._final.bind(parser)];
  parser._write = (chunk: Buffer, encoding, done) => {
    const named = names.next(chunk);
    if (named.length === 0) done();
    else write(named, encoding, done);
  };
  parser._final = (done) => {
    write(names.last(), 'buffer' as BufferEncoding, (error) => (error ? done(error) : final(done)));
  };
}

/** Adds file names to the heads of parts, in a body that comes in pieces. */
class PartNames {
  /** The parser ignores the line break, which comes before the first boundary. */
  private rest = Buffer.from('\r\n');
  private inHead = false;
  private passed: Buffer[] = [];

  constructor(private readonly delimiter: string) {}

  next(chunk: Buffer): Buffer {
    this.rest = Buffer.concat([this.rest, chunk]);
    while (this.inHead ? this.passHead(false) : this.passContent());
    return Buffer.concat(this.passed.splice(0));
  }

  last(): Buffer {
    if (this.inHead) this.passHead(true);
    return Buffer.concat([...this.passed.splice(0), this.rest]);
  }

  /** @returns whether a part begins */
  private passContent(): boolean {
    const at = this.rest.indexOf(this.delimiter);
    this.inHead = at >= 0;
    this.pass(at >= 0 ? at + this.delimiter.length : Math.max(0, this.rest.length - this.delimiter.length));
    return this.inHead;
  }

  /** @returns false if more bytes are needed */
  private passHead(isEnd: boolean): boolean {
    const end = this.rest.indexOf(HEAD_END);
    const start = end + HEAD_END.length;
    const next = end < 0 ? -1 : this.rest.indexOf(this.delimiter, end);
    const isWhole = end < 0 ? this.rest.length > MAX_HEAD_BYTES : next >= 0 || this.rest.length > start + SNIFFED_BYTES;
    if (!isWhole && !isEnd) return false;
    this.inHead = false;
    if (end < 0 || end > MAX_HEAD_BYTES) return true;
    const head = this.rest.toString('latin1', 0, end);
    const content = this.rest.subarray(start, next < start ? undefined : next);
    if (!/;\s*filename\*?=/i.test(head) && (PHOTO_TYPE.test(head) || beginsLikePhoto(content))) {
      const named = head.replace(DISPOSITION, `$&; filename="${NO_FILE_NAME}"`);
      this.rest = Buffer.concat([Buffer.from(named, 'latin1'), this.rest.subarray(end)]);
      this.pass(named.length + HEAD_END.length);
    } else {
      this.pass(start);
    }
    return true;
  }

  private pass(bytes: number): void {
    this.passed.push(this.rest.subarray(0, bytes));
    this.rest = this.rest.subarray(bytes);
  }
}

/** Text may begin like a BMP or an SVG. */
const TEXT_LIKE = ['bmp', 'svg'];

function beginsLikePhoto(content: Buffer): boolean {
  const format = sniffImage(content);
  if (format !== null) return !TEXT_LIKE.includes(format);
  return /^data:image\//i.test(content.toString('latin1', 0, SNIFFED_BYTES));
}

/** `--` and a boundary of 70 characters at most (RFC 2046, 5.1.1), and the end of the line. */
const LONGEST_LINE = 74;
const FIRST_LINE = /^--([\w'()+,./:=? -]{1,70})\r\n/;

/**
 * Some clients send `multipart/form-data` without the boundary in the header, for example CompreFace's JavaScript client and
 * programs that set the header themselves. It is taken from the first line of the body.
 */
export const withBoundary: RequestHandler = (request, _response, next) => {
  const type = request.headers['content-type'] ?? '';
  if (!/^multipart\/form-data\b/i.test(type) || /;\s*boundary=[^;\s]/i.test(type)) return next();
  let seen = Buffer.alloc(0);
  const finish = (): void => {
    request.off('readable', readChunk).off('end', finish).off('close', finish);
    const found = FIRST_LINE.exec(seen.toString('latin1', 0, LONGEST_LINE));
    if (found) request.headers['content-type'] = `multipart/form-data; boundary="${found[1]}"`;
    next();
  };
  const readChunk = (): void => {
    const chunk = request.read() as Buffer | null;
    if (chunk === null) return;
    seen = Buffer.concat([seen, chunk]);
    if (seen.length < LONGEST_LINE) return;
    request.unshift(seen);
    finish();
  };
  request.on('readable', readChunk).on('end', finish).on('close', finish);
};
