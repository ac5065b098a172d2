import type { ErrorCode } from '../../../shared/errors.js';
import type { FailureStyle } from '../../../http/openapi/operation.js';
import { HTTP_STATUS } from '../../../http/status.js';
import { ANSWERS, COMPREFACE_CODES as CODES } from './codes.js';
import { compreFaceFailure } from './schemas.js';

/** A body of another type has a status of its own, and a key may be missing, malformed or unknown. */
const SEVERAL: Partial<Record<ErrorCode, Readonly<Record<number, string>>>> = {
  bad_request: { 400: '5, 26, 33, 34, 36, 37', 415: '0 unsupported media type' },
  unauthorised: { 400: '20 missing key, 26 malformed key', 404: '10 unknown key' },
};

/** How OpenAPI describes CompreFace's failures. */
export const COMPREFACE_FAILURES: FailureStyle = {
  statusesOf(code) {
    const several = SEVERAL[code];
    return several ? Object.keys(several).map(Number) : [ANSWERS[code]?.[0] ?? HTTP_STATUS[code]];
  },
  nameOf: (code, status) => SEVERAL[code]?.[status] ?? `${ANSWERS[code]?.[1] ?? CODES.undefined} ${code}`,
  bodyOf: () => compreFaceFailure,
};
