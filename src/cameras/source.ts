import { basename, resolve } from 'node:path';
import { RostroError } from '../shared/errors.js';

/** Where pictures come from, as the operator named it; never from a client. */
export interface CameraSource {
  readonly kind: 'stream' | 'file' | 'device';
  /** What ffmpeg is given after `-i`; may hold a password. */
  readonly input: string;
  /** What may be shown and logged: of a stream only scheme, host and port, because passwords stand in paths and queries too. */
  readonly shown: string;
  /** What ffmpeg may open on the way. A stream must not reach the files of this machine. */
  readonly protocols: string;
}

const STREAM_SCHEMES = new Set(['rtsp:', 'rtsps:', 'http:', 'https:', 'tcp:', 'udp:']);
const STREAM_PROTOCOLS = 'rtsp,rtsps,rtp,udp,tcp,tls,http,https,crypto';
/** Two letters at least: `C:\` is a folder of Windows. */
const SCHEME = /^[a-z][a-z0-9+.-]+:/i;
const DEVICE = /^\/dev\/video\d+$/;

/**
 * Reads `rtsp://…`, `http://…`, `/dev/video0` or a path.
 * @throws RostroError `bad_config`; its message has nothing of the text but the scheme
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
