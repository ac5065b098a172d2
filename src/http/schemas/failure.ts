import { z } from 'zod';
import { ERROR_CODES } from '../../shared/errors.js';

export const errorCode = z
  .enum(ERROR_CODES)
  .meta({ id: 'ErrorCode', description: 'Stable: clients may branch on it.' });

/** What went wrong. */
export const problem = z
  .strictObject({
    code: errorCode,
    message: z.string().describe('A sentence for people.'),
    details: z.record(z.string(), z.unknown()).describe('Facts, such as the boxes of the faces that were found.'),
  })
  .meta({ id: 'Problem' });

/** The body of every failed request. */
export const failure = z
  .strictObject({ error: problem, requestId: z.string().describe('As in the header X-Request-Id, and in the log.') })
  .meta({ id: 'Failure' });
