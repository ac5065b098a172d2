import { basename, resolve } from 'node:path';
import { RostroError } from '../shared/errors.js';
import { encodeCredentials } from '../shared/url-credentials.js';

/** Where pictures come from. Set by the operator or an administrator. */
export interface CameraSource {
  readonly kind: 'stream' | 'file' | 'device';
  /** The argument of ffmpeg's `-i`; may contain a password. */
  readonly input: string;
  /** May be shown and logged. Of a stream only scheme, host and port: paths and queries may contain passwords too. */
  readonly shown: string;
  /** The password in the forms in which a program may print it. */
  readonly secrets: readonly string[];
  /** Protocols that ffmpeg may open. A stream must not reach the files of this machine. */
  readonly protocols: string;
}

const STREAM_SCHEMES = new Set(['rtsp:', 'rtsps:', 'http:', 'https:', 'tcp:', 'udp:']);
const STREAM_PROTOCOLS = 'rtsp,rtsps,rtp,udp,tcp,tls,http,https,crypto';
/** At least two letters: `C:\` is a Windows path. */
const SCHEME = /^[a-z][a-z0-9+.-]+:/i;
/** `/dev/video0` depends on the order in which cameras are plugged in; the links below `/dev/v4l` do not. */
const DEVICE = /^\/dev\/(?:video\d+|v4l\/by-(?:id|path)\/[^/\0]+)$/;

/**
 * Parses `rtsp://…`, `http://…`, `/dev/video0`, `/dev/v4l/by-id/…` or a path. User name and password of a URL end at its
 * last `@` and may contain any character.
 * @throws RostroError `bad_config`; of the text its message contains only the scheme
 */
export function parseSource(text: string): CameraSource {
  if (DEVICE.test(text)) return { kind: 'device', input: text, shown: text, secrets: [], protocols: 'file' };
  if (SCHEME.test(text)) return streamSource(text);
  if (text.trim() === '' || text.includes('\0')) throw new RostroError('bad_config', 'A camera needs a URL or a file.');
  return { kind: 'file', input: `file:${resolve(text)}`, shown: basename(text), secrets: [], protocols: 'file' };
}

function streamSource(text: string): CameraSource {
  const input = encodeCredentials(text.trim());
  const url = URL.canParse(input) ? new URL(input) : null;
  if (url === null || !STREAM_SCHEMES.has(url.protocol) || url.hostname === '') {
    throw new RostroError(
      'bad_config',
      `A camera cannot be reached by ${SCHEME.exec(text)![0]}…: give rtsp://, rtsps://, http://, https://, tcp:// or udp:// with a host, a file, or /dev/video0.`,
    );
  }
  const shown = `${url.protocol}//${url.host}`;
  return { kind: 'stream', input, shown, secrets: formsOf(url.password), protocols: STREAM_PROTOCOLS };
}

/** @param password percent-encoded */
function formsOf(password: string): string[] {
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}

export function isWeb({ kind, input }: CameraSource): boolean {
  return kind === 'stream' && /^https?:/i.test(input);
}
