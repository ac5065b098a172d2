import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { RgbImage } from '../faces/image/image.js';
import { startFailure, type CameraFailure, failureFromOutput, noPictureFailure } from './camera-failure.js';
import { ffmpegArguments, type PictureOptions } from './ffmpeg-arguments.js';
import { type CameraSource, isWeb } from './source.js';

export interface CaptureParts {
  /** The program, or where it lies. */
  readonly ffmpeg: string;
  readonly source: CameraSource;
  readonly options: PictureOptions;
  /** Without a picture for so long, the camera counts as gone. */
  readonly silenceMs: number;
  /** The next bytes are read when it is done; a camera's own clock does not wait. */
  readonly onFrame: (image: RgbImage) => void | Promise<void>;
}

/** How a capture ended. */
export interface CaptureEnd {
  /** Null where a file came to its end, or it was told to stop. */
  readonly reason: CameraFailure | null;
  readonly frames: number;
}

type Ffmpeg = ChildProcessByStdio<null, Readable, Readable>;

/** Connecting and learning what a stream consists of takes some cameras long. */
const FIRST_PICTURE_MS = 15_000;
/** Of what ffmpeg says, the last is kept. */
const MAX_STDERR_LENGTH = 4000;

/**
 * Runs ffmpeg until its pictures end, stay away, or the signal is aborted. Never rejects for the camera's sake. An address
 * that answers with one picture, such as a JPEG, is polled from then on.
 */
export async function capture(parts: CaptureParts, signal: AbortSignal): Promise<CaptureEnd> {
  const { isStill, ...end } = await runFfmpeg(parts, signal);
  if (!isStill || signal.aborted) return end;
  const polled = await runFfmpeg({ ...parts, options: { ...parts.options, pollsStill: true } }, signal);
  return { reason: polled.reason, frames: end.frames + polled.frames };
}

async function runFfmpeg(
  parts: CaptureParts,
  signal: AbortSignal,
): Promise<CaptureEnd & { readonly isStill: boolean }> {
  const isStopped = () => signal.aborted;
  if (isStopped()) return { reason: null, frames: 0, isStill: false };
  const child = await startFfmpeg(parts);
  if ('code' in child) return { reason: child, frames: 0, isStill: false };
  const stop = () => child.kill('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  if (isStopped()) stop();
  try {
    const [taken, said, exit] = await Promise.all([readFrames(child, parts), readStderr(child), exitOf(child)]);
    // ffmpeg drops the only picture of an address together with what it reads for its analysis.
    const isStill = isWeb(parts.source) && taken.frames < 2 && taken.stopped === null && exit === 0 && said === '';
    return { frames: taken.frames, reason: isStopped() ? null : failureOfRun(parts, taken, said, exit), isStill };
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

/** @returns the program once it runs, or why it does not: it is not there, or the system has no room for it */
async function startFfmpeg({ ffmpeg, source, options }: CaptureParts): Promise<Ffmpeg | CameraFailure> {
  try {
    const child = spawn(ffmpeg, ffmpegArguments(source, options), { stdio: ['ignore', 'pipe', 'pipe'] });
    child.on('error', () => destroyPipes(child));
    await once(child, 'spawn');
    return child;
  } catch (error) {
    return startFailure(ffmpeg, (error as NodeJS.ErrnoException).code);
  }
}

/** Where there was no room for pipes, there are none. */
function destroyPipes({ stdout, stderr }: Partial<Ffmpeg>): void {
  stdout?.destroy();
  stderr?.destroy();
}

interface ReadFrames {
  readonly frames: number;
  /** What stopped it, where that was not the end of the pictures. */
  readonly stopped: CameraFailure | null;
}

async function readFrames(child: Ffmpeg, { onFrame, silenceMs }: CaptureParts): Promise<ReadFrames> {
  const parser = new PpmFrames();
  let frames = 0;
  let stopped: CameraFailure | null = null;
  const giveUp = (ms: number) => {
    stopped = noPictureFailure(ms);
    child.kill('SIGKILL');
  };
  const firstMs = Math.max(silenceMs, FIRST_PICTURE_MS);
  let silent = setTimeout(giveUp, firstMs, firstMs);
  try {
    for await (const chunk of child.stdout) {
      for (const image of parser.push(chunk as Buffer)) {
        frames++;
        await onFrame(image);
        clearTimeout(silent);
        silent = setTimeout(giveUp, silenceMs, silenceMs);
      }
    }
  } catch {
    stopped ??= { code: 'other', message: 'ffmpeg sends something else than pictures.' };
  } finally {
    clearTimeout(silent);
    child.kill('SIGKILL');
  }
  return { frames, stopped };
}

function readStderr({ stderr }: Ffmpeg): Promise<string> {
  let said = '';
  stderr.on('data', (chunk) => {
    said += String(chunk);
    // The cut must not leave the second half of an address, where a password can no longer be recognised.
    if (said.length > MAX_STDERR_LENGTH) said = said.slice(-MAX_STDERR_LENGTH).replace(/^\S*/, '');
  });
  return new Promise((resolve) => stderr.once('close', () => resolve(said)));
}

/** @returns the exit code; null for a signal */
function exitOf(child: Ffmpeg): Promise<number | null> {
  return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
}

function failureOfRun({ source }: CaptureParts, { frames, stopped }: ReadFrames, said: string, exit: number | null) {
  if (stopped !== null) return stopped;
  const isWholeFile = source.kind === 'file' && frames > 0 && exit === 0;
  return isWholeFile ? null : failureFromOutput(said, source);
}

/** `P6`, width, height, 255, and one whitespace. Source: https://netpbm.sourceforge.net/doc/ppm.html */
const HEADER = /^P6\s+(\d{1,5})\s+(\d{1,5})\s+255\s/;
const MAX_HEADER_BYTES = 32;

interface PartialFrame {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  filled: number;
}

/** Parts a stream of PPM pictures, which comes in pieces of any size, into pictures. */
export class PpmFrames {
  private head = Buffer.alloc(0);
  private partial: PartialFrame | null = null;

  /**
   * @returns the pictures that are complete now
   * @throws Error where the bytes are no PPM
   */
  push(chunk: Uint8Array): RgbImage[] {
    const complete: RgbImage[] = [];
    let rest = chunk;
    while (rest.length > 0) {
      if (this.partial === null) rest = this.readHeader(rest);
      const { partial: filling } = this;
      if (filling === null) break;
      rest = fill(filling, rest);
      if (filling.filled < filling.data.length) break;
      const { width, height, data } = filling;
      complete.push({ width, height, data });
      this.partial = null;
    }
    return complete;
  }

  /** @returns what follows the header; nothing as long as it is not whole */
  private readHeader(chunk: Uint8Array): Uint8Array {
    const bytes = Buffer.concat([this.head, chunk.subarray(0, MAX_HEADER_BYTES)]);
    const match = HEADER.exec(bytes.toString('latin1'));
    if (match === null) {
      if (bytes.length >= MAX_HEADER_BYTES) throw new Error('not a PPM picture');
      this.head = bytes;
      return chunk.subarray(chunk.length);
    }
    const [width, height] = [Number(match[1]), Number(match[2])];
    const used = match[0].length - this.head.length;
    this.head = Buffer.alloc(0);
    this.partial = { width, height, data: new Uint8Array(3 * width * height), filled: 0 };
    return chunk.subarray(used);
  }
}

function fill(filling: PartialFrame, bytes: Uint8Array): Uint8Array {
  const part = bytes.subarray(0, filling.data.length - filling.filled);
  filling.data.set(part, filling.filled);
  filling.filled += part.length;
  return bytes.subarray(part.length);
}
