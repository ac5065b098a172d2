import { encodeJpeg } from '../faces/image/decode.js';
import type { RgbImage } from '../faces/image/image.js';
import { RostroError } from '../shared/errors.js';
import type { TriedCamera } from './camera-settings.js';
import { capture } from './capture.js';
import { parseSource } from './source.js';

/** Without a picture for so long, a camera that is tried counts as gone. */
const SILENCE_MS = 15_000;

/**
 * Connects once, beside the camera itself if it runs.
 * @returns the first picture, a JPEG
 * @throws RostroError `camera_failed` with the code of the failure as `details.failure`; the reason of the signal
 */
export async function tryCamera(ffmpeg: string, settings: TriedCamera, signal: AbortSignal): Promise<Uint8Array> {
  const { source, maxSidePx, rotate, transport } = settings;
  const taken = new AbortController();
  const pictures: RgbImage[] = [];
  const onFrame = (image: RgbImage) => {
    pictures.push(image);
    taken.abort();
  };
  const options = { fps: 10, maxSidePx, rotate, transport, pace: 'camera', loop: false } as const;
  const parts = { ffmpeg, source: parseSource(source), options, silenceMs: SILENCE_MS, onFrame };
  const { reason } = await capture(parts, AbortSignal.any([signal, taken.signal]));
  if (pictures.length > 0) return encodeJpeg(pictures[0]);
  signal.throwIfAborted();
  const { code, message } = reason ?? { code: 'no_picture', message: 'It contains no video stream.' };
  throw new RostroError('camera_failed', message, { details: { failure: code } });
}
