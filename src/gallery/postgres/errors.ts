import { type ErrorCode, RostroError } from '../../shared/errors.js';
import { sqlState } from './driver.js';

interface ErrorRule {
  readonly states: RegExp;
  readonly code: ErrorCode;
  readonly sentence: (message: string) => string;
}

/**
 * Error codes and messages per SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html).
 */
const ERROR_RULES: readonly ErrorRule[] = [
  {
    states: /^(?:08...|57P0[1235]|25P0[34]|53300)$/,
    code: 'database_unreachable',
    sentence: (message) => `The database does not answer: ${message}.`,
  },
  {
    states: /^(?:55P03|57014|40...)$/,
    code: 'database_unreachable',
    sentence: (message) => `The database did not take it in time: ${message}. Try again.`,
  },
  {
    states: /^28...$/,
    code: 'bad_config',
    sentence: (message) =>
      `The database does not let the server in: ${message}. See user and password in DATABASE_URL.`,
  },
  {
    states: /^3D000$/,
    code: 'bad_config',
    sentence: (message) => `${capital(message)}: make it with "createdb", or see the name in DATABASE_URL.`,
  },
  {
    states: /^42501$/,
    code: 'bad_config',
    sentence: (message) =>
      `The user of DATABASE_URL may not do what is needed: ${message}. Make them the owner of the database.`,
  },
  {
    states: /^25006$/,
    code: 'storage_failed',
    sentence: (message) =>
      `The database takes no changes: ${message}. It may be a standby after a fail-over; the next attempt connects anew.`,
  },
  {
    states: /^(?:53[12]00|58030)$/,
    code: 'storage_failed',
    sentence: (message) => `The database takes no changes: ${message}.`,
  },
  {
    states: /^22P05$/,
    code: 'bad_request',
    sentence: () => 'The database keeps no text with a zero character in it.',
  },
];

/** Codes of system errors, and messages of the driver, which has no codes. */
const UNREACHABLE_SYSTEM =
  /^(?:ECONN(?:REFUSED|RESET|ABORTED)|E(?:HOST|NET)UNREACH|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|ENOENT|EACCES)$/;
const UNREACHABLE_DRIVER =
  /^(?:Connection terminated|timeout e|timeout expired|Query read timeout|Client (?:has encountered|was closed)|Cannot use a pool|The server does not support SSL)/i;

/**
 * Translates an error of the database into a RostroError. Returns unknown errors unchanged.
 * @param where host and port, without user and password
 */
export function databaseFailed(error: unknown, where: string): unknown {
  if (error instanceof RostroError || !(error instanceof Error)) return error;
  const state = sqlState(error);
  if (state !== undefined) {
    const reading = ERROR_RULES.find(({ states }) => states.test(state));
    if (!reading) return error;
    return new RostroError(reading.code, reading.sentence(error.message), { details: { state }, cause: error });
  }
  const settingsError = tlsFailure(error, where);
  if (settingsError !== null) return settingsError;
  const reason = reasonOf(error);
  return reason === null ? error : unreachable(`The database at ${where} cannot be reached: ${reason}.`, error);
}

/** Whether the server that was asked takes no changes, as a standby does. */
export function isReadOnly(error: unknown): boolean {
  return error instanceof RostroError && error.details?.state === '25006';
}

/** Codes of OpenSSL for a certificate of an authority that this machine does not know. */
const UNKNOWN_AUTHORITY =
  /^(?:SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(?:_LOCALLY)?))$/;

/** What is to be changed in DATABASE_URL for an encrypted connection; null for other errors. */
function tlsFailure(error: Error, where: string): RostroError | null {
  const { code = '', syscall, path } = error as NodeJS.ErrnoException;
  if (syscall === 'open' && path !== undefined) {
    return badConfig(`The file ${path} that DATABASE_URL names cannot be read: ${code}.`, error);
  }
  if (UNKNOWN_AUTHORITY.test(code)) {
    return badConfig(
      `The database at ${where} has a certificate of an authority that this machine does not know (${code}): download the CA certificate of the provider and add sslrootcert=/path/to/ca.pem to DATABASE_URL, beside sslmode=require.`,
      error,
    );
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return badConfig(
      `The certificate of the database at ${where} is for another host name: use a name that is in the certificate in DATABASE_URL.`,
      error,
    );
  }
  if (code !== 'CERT_HAS_EXPIRED') return null;
  return badConfig(`The certificate of the database at ${where}, or that of its authority, has expired.`, error);
}

function badConfig(message: string, cause: unknown): RostroError {
  return new RostroError('bad_config', message, { cause });
}

export function unreachable(message: string, cause?: unknown): RostroError {
  return new RostroError('database_unreachable', message, { cause });
}

function reasonOf(error: Error): string | null {
  const inner = error instanceof AggregateError ? (error.errors[0] as Error) : error;
  const code = 'code' in inner && typeof inner.code === 'string' ? inner.code : '';
  if (UNREACHABLE_SYSTEM.test(code)) return code;
  return UNREACHABLE_DRIVER.test(inner.message) ? inner.message : null;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
