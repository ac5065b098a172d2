import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { RgbImage } from '../faces/image/image.js';
import { ffmpegArguments, type PictureOptions } from './ffmpeg-arguments.js';
import { PpmFrames } from './ppm-frames.js';
import { notStarted, reasonOf, silence, type Reason } from './reason.js';
import type { CameraSource } from './source.js';

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
  readonly reason: Reason | null;
  readonly frames: number;
}

type Ffmpeg = ChildProcessByStdio<null, Readable, Readable>;

/** Connecting and learning what a stream consists of takes some cameras long. */
const FIRST_PICTURE_MS = 15_000;
/** Of what ffmpeg says, the last is kept. */
const MAX_SAID = 4000;

/** Runs ffmpeg once, until its pictures end, stay away, or the signal is aborted. Never rejects for the camera's sake. */
export async function capture(parts: CaptureParts, signal: AbortSignal): Promise<CaptureEnd> {
  const isStopped = () => signal.aborted;
  if (isStopped()) return { reason: null, frames: 0 };
  const child = await start(parts);
  if ('code' in child) return { reason: child, frames: 0 };
  const stop = () => child.kill('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  if (isStopped()) stop();
  try {
    const [taken, said, exit] = await Promise.all([take(child, parts), listen(child), exitOf(child)]);
    return { frames: taken.frames, reason: isStopped() ? null : endOf(parts, taken, said, exit) };
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

/** @returns the program once it runs, or why it does not: it is not there, or the system has no room for it */
async function start({ ffmpeg, source, options }: CaptureParts): Promise<Ffmpeg | Reason> {
  try {
    const child = spawn(ffmpeg, ffmpegArguments(source, options), { stdio: ['ignore', 'pipe', 'pipe'] });
    child.on('error', () => release(child));
    await once(child, 'spawn');
    return child;
  } catch (error) {
    return notStarted(ffmpeg, (error as NodeJS.ErrnoException).code);
  }
}

/** Where there was no room for pipes, there are none. */
function release({ stdout, stderr }: Partial<Ffmpeg>): void {
  stdout?.destroy();
  stderr?.destroy();
}

interface Taken {
  readonly frames: number;
  /** What stopped it, where that was not the end of the pictures. */
  readonly stopped: Reason | null;
}

async function take(child: Ffmpeg, { onFrame, silenceMs }: CaptureParts): Promise<Taken> {
  const parser = new PpmFrames();
  let frames = 0;
  let stopped: Reason | null = null;
  const giveUp = (ms: number) => {
    stopped = silence(ms);
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

function listen({ stderr }: Ffmpeg): Promise<string> {
  let said = '';
  stderr.on('data', (chunk) => (said = (said + String(chunk)).slice(-MAX_SAID)));
  return new Promise((resolve) => stderr.once('close', () => resolve(said)));
}

/** @returns the exit code; null for a signal */
function exitOf(child: Ffmpeg): Promise<number | null> {
  return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
}

function endOf({ source }: CaptureParts, { frames, stopped }: Taken, said: string, exit: number | null) {
  if (stopped !== null) return stopped;
  const isWholeFile = source.kind === 'file' && frames > 0 && exit === 0;
  return isWholeFile ? null : reasonOf(said, source);
}
