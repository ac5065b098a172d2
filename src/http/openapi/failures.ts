import { z } from 'zod';
import type { ErrorCode } from '../../shared/errors.js';
import type { Access } from '../access-table.js';
import { SAFE_METHODS } from '../browser-security.js';
import { failure } from '../schemas.js';
import { HTTP_STATUS } from '../error-status.js';
import type { FailureStyle } from './operation.js';

/** Of routes that read photos. */
export const PHOTO_ERRORS: readonly ErrorCode[] = [
  'no_file',
  'bad_request',
  'too_many_files',
  'upload_too_large',
  'image_too_large',
  'not_an_image',
  'unsupported_image',
  'damaged_image',
  'not_ready',
  'busy',
  'worker_restarted',
  'deadline_exceeded',
];

/** Of routes that read a JSON body. */
export const BODY_ERRORS: readonly ErrorCode[] = ['bad_request', 'upload_too_large', 'busy'];

/** Of routes that change the gallery. */
export const CHANGE_ERRORS: readonly ErrorCode[] = [
  'storage_failed',
  'gallery_locked',
  'database_unreachable',
  'not_ready',
];

/** Errors that every route can return. */
export function commonErrors(method: string, access: Access): readonly ErrorCode[] {
  const isChange = !SAFE_METHODS.has(method);
  return [
    ...(isChange ? (['cross_origin'] as const) : []),
    ...(access === 'public' ? [] : (['unauthorised', 'forbidden'] as const)),
    ...(access !== 'public' && isChange ? (['bad_csrf_token'] as const) : []),
    'bad_request',
    'bad_host',
    'too_many_requests',
    'internal',
  ];
}

const bodies = new Map<string, z.ZodType>();

/** `{error: {code, message, details}, requestId}`, with the codes that the status allows. */
export const OWN_FAILURES: FailureStyle = {
  statusesOf: (code) => [HTTP_STATUS[code]],
  bodyOf(codes) {
    const key = codes.join();
    const body = bodies.get(key) ?? z.intersection(failure, withCode(codes));
    bodies.set(key, body);
    return body;
  },
};

function withCode(codes: readonly ErrorCode[]): z.ZodType {
  return z.looseObject({ error: z.looseObject({ code: z.enum(codes) }) });
}
