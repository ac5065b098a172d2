import type { CameraSource } from './source.js';

/** Why there are no pictures: stable codes, and messages for people. */
const MESSAGES = {
  wrong_password: 'The user name or password is wrong.',
  forbidden: 'The camera denies access.',
  not_there: 'The camera has no stream at this path.',
  nobody_listens: 'Nothing listens at this address.',
  no_answer: 'The camera does not answer.',
  no_way: 'There is no route to this address.',
  name_unknown: 'The host name of the camera cannot be resolved.',
  no_file: 'There is no such file.',
  not_readable: 'Permission to read it is denied.',
  in_use: 'Another program uses this camera.',
  no_picture: 'It contains no video stream.',
  no_video: 'It sends no video that ffmpeg can read.',
  not_allowed: 'It leads to a protocol that is not allowed for cameras.',
  ended: 'The camera closed the connection.',
} as const;

/** Codes whose messages depend on the case. */
const OTHER_CODES = ['silent', 'no_ffmpeg', 'other'] as const;

export type CameraFailureCode = keyof typeof MESSAGES | (typeof OTHER_CODES)[number];
export const CAMERA_FAILURE_CODES = [...(Object.keys(MESSAGES) as (keyof typeof MESSAGES)[]), ...OTHER_CODES];

export interface CameraFailure {
  readonly code: CameraFailureCode;
  /** Without addresses, paths or passwords. */
  readonly message: string;
}

/** The output has no times, so those that jump do no harm. */
const HARMLESS = /^.*non[ -]monoton.*$/gim;

/** Error output of ffmpeg. */
const OUTPUT_PATTERNS: readonly (readonly [pattern: RegExp, code: keyof typeof MESSAGES])[] = [
  [/401 Unauthorized|authorization failed/i, 'wrong_password'],
  [/403 Forbidden/i, 'forbidden'],
  [/404 Not Found/i, 'not_there'],
  [/Connection refused/i, 'nobody_listens'],
  [/timed? ?out/i, 'no_answer'],
  [/No route to host|unreachable/i, 'no_way'],
  [/Failed to resolve hostname|Name or service not known/i, 'name_unknown'],
  [/No such file or directory/i, 'no_file'],
  [/Permission denied/i, 'not_readable'],
  [/Device or resource busy/i, 'in_use'],
  [/matches no streams|does not contain any stream/i, 'no_picture'],
  [/Invalid data found|could not find codec parameters|moov atom not found|Invalid argument/i, 'no_video'],
  [/not on whitelist/i, 'not_allowed'],
  [/Server returned 5XX|End of file|Broken pipe|Connection reset|Input\/output error/i, 'ended'],
];

/** Length of ffmpeg's output in a message, in characters. */
const MAX_LENGTH = 200;
/** A shorter password is not looked for outside of URLs: it would be found in any sentence. */
const MIN_SECRET_LENGTH = 3;

/** @param output what ffmpeg wrote to standard error */
export function failureFromOutput(output: string, source: CameraSource): CameraFailure {
  const known = OUTPUT_PATTERNS.find(([pattern]) => pattern.test(output));
  if (known) return knownFailure(known[1]);
  const secrets = [source.input, ...source.secrets.filter(({ length }) => length >= MIN_SECRET_LENGTH)];
  const line = secrets
    .reduce((text, secret) => text.replaceAll(secret, '…'), output.replace(HARMLESS, ''))
    .replace(/[a-z][a-z0-9+.-]{1,15}:\/\/\S+/gi, '…')
    .replace(/\s+/g, ' ')
    .trim();
  return line === '' ? knownFailure('ended') : { code: 'other', message: `ffmpeg: ${line.slice(-MAX_LENGTH)}` };
}

/** @param ms without a picture */
export function noPictureFailure(ms: number): CameraFailure {
  return { code: 'silent', message: `No picture came for ${Number((ms / 1000).toPrecision(3))} s.` };
}

/** @param code an error code of the system, such as `EMFILE` */
export function startFailure(ffmpeg: string, code = 'no reason given'): CameraFailure {
  if (code !== 'ENOENT') return { code: 'other', message: `ffmpeg could not be started (${code}).` };
  const message = `There is no program "${ffmpeg}": install ffmpeg, or set FFMPEG to its path.`;
  return { code: 'no_ffmpeg', message };
}

function knownFailure(code: keyof typeof MESSAGES): CameraFailure {
  return { code, message: MESSAGES[code] };
}
