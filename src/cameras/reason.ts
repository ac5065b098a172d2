import type { CameraSource } from './source.js';

/** Why there are no pictures: codes are stable, the sentences are for people. */
const SENTENCES = {
  wrong_password: 'The camera wants another user name or password.',
  forbidden: 'The camera forbids it.',
  not_there: 'There is nothing at this address of the camera.',
  nobody_listens: 'Nothing listens at this address.',
  no_answer: 'The camera does not answer.',
  no_way: 'There is no way to this address.',
  name_unknown: 'The name of the camera is not known in this network.',
  no_file: 'There is no such file.',
  not_readable: 'It may not be read.',
  in_use: 'Another program uses this camera.',
  no_picture: 'It has no picture.',
  no_video: 'It sends no video that ffmpeg can read.',
  not_allowed: 'It leads to something that cameras may not lead to.',
  ended: 'The camera has ended the connection.',
} as const;

/** Those whose sentences hold more than is known beforehand. */
const OTHERS = ['silent', 'no_ffmpeg', 'other'] as const;

export type ReasonCode = keyof typeof SENTENCES | (typeof OTHERS)[number];
export const REASON_CODES = [...(Object.keys(SENTENCES) as (keyof typeof SENTENCES)[]), ...OTHERS];

export interface Reason {
  readonly code: ReasonCode;
  /** Without addresses, paths or passwords. */
  readonly message: string;
}

/** What ffmpeg says. */
const SAYINGS: readonly (readonly [pattern: RegExp, code: keyof typeof SENTENCES])[] = [
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
  [/Server returned 5XX|End of file|Broken pipe|Connection reset/i, 'ended'],
];

/** Longer words of ffmpeg are of no use to anybody. */
const MAX_LENGTH = 200;

/** @param said what ffmpeg wrote to standard error */
export function reasonOf(said: string, source: CameraSource): Reason {
  const known = SAYINGS.find(([pattern]) => pattern.test(said));
  if (known) return knownReason(known[1]);
  const line = said
    .replaceAll(source.input, source.shown)
    .replace(/[a-z][a-z0-9+.-]+:\/\/\S+/gi, '…')
    .replace(/\s+/g, ' ')
    .trim();
  return line === '' ? knownReason('ended') : { code: 'other', message: `ffmpeg: ${line.slice(-MAX_LENGTH)}` };
}

/** @param ms without a picture */
export function silence(ms: number): Reason {
  return { code: 'silent', message: `No picture came for ${Number((ms / 1000).toPrecision(3))} s.` };
}

/** @param code of the system, such as `EMFILE` */
export function notStarted(ffmpeg: string, code = 'no reason given'): Reason {
  if (code !== 'ENOENT') return { code: 'other', message: `ffmpeg could not be started (${code}).` };
  const message = `There is no program "${ffmpeg}": install ffmpeg, or say with FFMPEG where it lies.`;
  return { code: 'no_ffmpeg', message };
}

function knownReason(code: keyof typeof SENTENCES): Reason {
  return { code, message: SENTENCES[code] };
}
