import type { CameraSource } from './source.js';

/** What ffmpeg says -> what a person understands. */
const KNOWN: readonly (readonly [pattern: RegExp, sentence: string])[] = [
  [/401 Unauthorized|authorization failed/i, 'The camera wants another user name or password.'],
  [/403 Forbidden/i, 'The camera forbids it.'],
  [/404 |not found/i, 'There is nothing at this address of the camera.'],
  [/Connection refused/i, 'Nothing listens at this address.'],
  [/timed? ?out/i, 'The camera does not answer.'],
  [/No route to host|unreachable/i, 'There is no way to this address.'],
  [/Failed to resolve hostname|Name or service not known/i, 'The name of the camera is not known in this network.'],
  [/No such file or directory/i, 'There is no such file.'],
  [/Permission denied/i, 'It may not be read.'],
  [/Device or resource busy/i, 'Another program uses this camera.'],
  [/matches no streams|does not contain any stream/i, 'It has no picture.'],
  [
    /Invalid data found|could not find codec parameters|moov atom not found|Invalid argument/i,
    'It sends no video that ffmpeg can read.',
  ],
  [/not on whitelist/i, 'It leads to something that cameras may not lead to.'],
  [/Server returned 5XX|End of file|Broken pipe|Connection reset/i, 'The camera has ended the connection.'],
];

/** Longer words of ffmpeg are of no use to anybody. */
const MAX_LENGTH = 200;

/**
 * Why there are no pictures, in a sentence without addresses, paths or passwords.
 * @param said what ffmpeg wrote to standard error
 */
export function reasonOf(said: string, source: CameraSource): string {
  const known = KNOWN.find(([pattern]) => pattern.test(said));
  if (known) return known[1];
  const line = said
    .replaceAll(source.input, source.shown)
    .replace(/[a-z][a-z0-9+.-]+:\/\/\S+/gi, '…')
    .replace(/\s+/g, ' ')
    .trim();
  return line === '' ? 'The camera has ended the connection.' : `ffmpeg: ${line.slice(-MAX_LENGTH)}`;
}
