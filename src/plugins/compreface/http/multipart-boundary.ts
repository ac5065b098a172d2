import type { RequestHandler } from 'express';

/** `--` and a boundary of 70 characters at most (RFC 2046, 5.1.1), and the end of the line. */
const LONGEST_LINE = 74;
const FIRST_LINE = /^--([\w'()+,./:=? -]{1,70})\r\n/;

/**
 * CompreFace's JavaScript client sends blobs from Node.js as `multipart/form-data` without saying the boundary. The first line
 * of the body has it.
 */
export const withBoundary: RequestHandler = (request, _response, next) => {
  const type = request.headers['content-type'] ?? '';
  if (!/^multipart\/form-data\b/i.test(type) || /;\s*boundary=/i.test(type)) return next();
  let seen = Buffer.alloc(0);
  const finish = (): void => {
    request.off('readable', look).off('end', finish).off('close', finish);
    const found = FIRST_LINE.exec(seen.toString('latin1', 0, LONGEST_LINE));
    if (found) request.headers['content-type'] = `multipart/form-data; boundary="${found[1]}"`;
    next();
  };
  const look = (): void => {
    const chunk = request.read() as Buffer | null;
    if (chunk === null) return;
    seen = Buffer.concat([seen, chunk]);
    if (seen.length < LONGEST_LINE) return;
    request.unshift(seen);
    finish();
  };
  request.on('readable', look).on('end', finish).on('close', finish);
};
