import { z } from 'zod';
import { RostroError } from '../shared/errors.js';
import { readJsonFile, requireUniqueIds } from '../shared/json.js';
import { ROTATIONS } from './ffmpeg-arguments.js';
import { parseSource } from './source.js';

export const MAX_CAMERAS = 100;

/** The values that a camera may have, without defaults. */
const values = z.strictObject({
  /** A URL (rtsp, rtsps, http, https, tcp, udp), a device (/dev/video0, /dev/v4l/by-id/…) or a file. */
  source: z.string().min(1).max(2000),
  name: z.string().min(1).max(100),
  enabled: z.boolean(),
  fps: z.number().gt(0).max(60),
  /** Euclidean distance. Default: the server's threshold. */
  threshold: z.number().gt(0).max(2),
  /** Names only people of this group. */
  group: z.string().min(1).max(64),
  /** A person out of sight for longer has left. */
  graceSeconds: z.number().min(1).max(3600),
  /** Faces with a shorter side below this cause no events. */
  minFacePx: z.number().min(0).max(2000),
  /** Pictures with a longer side are scaled down. */
  maxSidePx: z.int().min(160).max(3840),
  /** Degrees by which the pictures are turned clockwise, for a camera that hangs on its side or upside down. */
  rotate: z.literal(ROTATIONS),
  transport: z.enum(['auto', 'tcp', 'udp']),
  /** Reconnects after so long without a picture. */
  silenceSeconds: z.number().min(1).max(600),
  /** Whether to keep the best crop of each person present in memory, for GET /cameras/{id}/tracks/{track}/crop. */
  crops: z.boolean(),
});
const { shape } = values;

/** Settings of a camera that is added while the server runs. */
export const addedCamera = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,49}$/, 'give 1 to 50 small letters, digits, - or _'),
  source: shape.source,
  name: shape.name.optional(),
  enabled: shape.enabled.default(true),
  fps: shape.fps.default(10),
  threshold: shape.threshold.optional(),
  group: shape.group.optional(),
  graceSeconds: shape.graceSeconds.default(5),
  minFacePx: shape.minFacePx.default(40),
  maxSidePx: shape.maxSidePx.default(1280),
  rotate: shape.rotate.default(0),
  transport: shape.transport.default('auto'),
  silenceSeconds: shape.silenceSeconds.default(10),
  crops: shape.crops.default(true),
});

/** One camera of CAMERAS_FILE. */
export const cameraSettings = addedCamera.extend({
  /** Whether to play a file again at its end. */
  loop: z.boolean().default(false),
});

/** A change of a camera: missing settings stay as they are, null removes one. */
export const cameraChange = values
  .extend({ name: shape.name.nullable(), threshold: shape.threshold.nullable(), group: shape.group.nullable() })
  .partial();

/** What `POST /cameras/test` needs of a camera that does not exist yet. */
export const triedCamera = addedCamera.pick({ source: true, maxSidePx: true, rotate: true, transport: true }).strict();

export type CameraSettings = z.infer<typeof cameraSettings>;
export type CameraChange = z.infer<typeof cameraChange>;
export type TriedCamera = z.infer<typeof triedCamera>;

const file = z.strictObject({ cameras: z.array(cameraSettings).max(MAX_CAMERAS) });

/** @throws RostroError `bad_config`, which names the place in the file but not the value, which may contain a password */
export async function readCamerasFile(path: string): Promise<CameraSettings[]> {
  const { cameras } = await readJsonFile(path, file, 'CAMERAS_FILE');
  requireUniqueIds(path, 'cameras', cameras);
  for (const { source } of cameras) parseSource(source);
  return cameras;
}

export function changedCamera(settings: CameraSettings, change: CameraChange): CameraSettings {
  const merged = Object.entries({ ...settings, ...change }).filter(([, value]) => value !== null);
  return cameraSettings.parse(Object.fromEntries(merged));
}

/**
 * A camera that is added through the API is a stream or a device: a file would let an administrator of the server read
 * pictures from the disk of the machine.
 * @throws RostroError `bad_request`, without the source
 */
export function requireNoFile(source: string): void {
  if (kindOf(source) !== 'file') return;
  throw new RostroError(
    'bad_request',
    'The source must be a URL such as rtsp://user:password@host/path, or a device such as /dev/video0. Video files belong into CAMERAS_FILE.',
  );
}

function kindOf(source: string): string {
  try {
    return parseSource(source).kind;
  } catch (cause) {
    throw new RostroError('bad_request', (cause as Error).message, { cause });
  }
}
