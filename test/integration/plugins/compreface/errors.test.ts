import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERROR_CODES, RostroError, type ErrorCode } from '../../../../src/shared/errors.js';
import { compreFaceFailure, sendCompreFaceError } from '../../../../src/plugins/compreface/errors.js';
import { COMPREFACE_FAILURES } from '../../../../src/plugins/compreface/openapi.js';
import { errorHandler } from '../../../../src/http/error-handler.js';
import { memoryLogger } from '../../../helpers/log.js';

let server: Server;
const logged: string[] = [];
beforeAll(async () => {
  const app = express()
    .get('/fail/:code', ({ params }, _response, next) => {
      next(new RostroError(params.code as ErrorCode, 'Why.', { details: { retryAfterSeconds: 7 } }));
    })
    .get('/break', () => {
      throw new Error('a secret');
    })
    .use(errorHandler(memoryLogger(logged), sendCompreFaceError));
  server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
});
afterAll(() => server.close());

async function answerTo(path: string) {
  const reply = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
  return { reply, body: compreFaceFailure.parse(await reply.json()) };
}

describe('a failure of any kind', () => {
  it.each(ERROR_CODES)('%s is told in the shape of CompreFace, as the document says', async (code) => {
    const { reply, body } = await answerTo(`/fail/${code}`);
    expect(COMPREFACE_FAILURES.statusesOf(code)).toContain(reply.status);
    expect(body.message).not.toBe('');
    const isLater = reply.status === 429 || reply.status === 503;
    expect(reply.headers.get('retry-after')).toBe(isLater ? '7' : null);
  });

  it('has the number that CompreFace has for it, and 0 where it has none', async () => {
    const numbers: Partial<Record<ErrorCode, number>> = {
      no_face: 28,
      face_too_small: 28,
      several_faces: 31,
      person_not_found: 42,
      person_exists: 43,
      example_not_found: 44,
      bad_name: 26,
      not_an_image: 21,
      busy: 41,
      not_ready: 41,
      forbidden: 0,
      cross_origin: 0,
    };
    for (const [code, number] of Object.entries(numbers)) {
      expect([code, (await answerTo(`/fail/${code}`)).body.code]).toEqual([code, number]);
    }
  });

  it('that nobody expected says nothing of itself, and is logged', async () => {
    const { reply, body } = await answerTo('/break');
    expect([reply.status, body.code]).toEqual([500, 0]);
    expect(body.message).not.toContain('secret');
    expect(logged.join('\n')).toContain('a request failed unexpectedly');
  });
});
