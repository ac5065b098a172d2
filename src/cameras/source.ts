import { basename, resolve } from 'node:path';
import { RostroError } from '../shared/errors.js';

/** Where pictures come from. Set by the operator, never by a client. */
export interface CameraSource {
  readonly kind: 'stream' | 'file' | 'device';
  /** The argument of ffmpeg's `-i`; may contain a password. */
  readonly input: string;
  /** May be shown and logged. Of a stream only scheme, host and port: paths and queries may contain passwords too. */
  readonly shown: string;
  /** Protocols that ffmpeg may open. A stream must not reach the files of this machine. */
  readonly protocols: string;
}

const STREAM_SCHEMES = new Set(['rtsp:', 'rtsps:', 'http:', 'https:', 'tcp:', 'udp:']);
const STREAM_PROTOCOLS = 'rtsp,rtsps,rtp,udp,tcp,tls,http,https,crypto';
/** At least two letters: `C:\` is a Windows path. */
const SCHEME = /^[a-z][a-z0-9+.-]+:/i;
const DEVICE = /^\/dev\/video\d+$/;

/**
 * Parses `rtsp://…`, `http://…`, `/dev/video0` or a path.
 * @throws RostroError `bad_config`; of the text its message contains only the scheme
 */
export function parseSource(text: string): CameraSource {
  if (DEVICE.test(text)) return { kind: 'device', input: text, shown: text, protocols: 'file' };
  if (SCHEME.test(text)) return streamSource(text);
  if (text.trim() === '' || text.includes('\0')) throw new RostroError('bad_config', 'A camera needs a URL or a file.');
  return { kind: 'file', input: `file:${resolve(text)}`, shown: basename(text), protocols: 'file' };
}

function streamSource(text: string): CameraSource {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !STREAM_SCHEMES.has(url.protocol) || url.hostname === '') {
    throw new RostroError(
      'bad_config',
      `A camera cannot be reached by ${SCHEME.exec(text)![0]}…: give rtsp://, rtsps://, http://, https://, tcp:// or udp:// with a host, a file, or /dev/video0.`,
    );
  }
  return { kind: 'stream', input: text, shown: `${url.protocol}//${url.host}`, protocols: STREAM_PROTOCOLS };
}
