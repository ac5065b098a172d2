import { z } from 'zod';
import { ROTATIONS } from './ffmpeg-arguments.js';
import { parseSource } from './source.js';
import { readJsonFile, requireUniqueIds } from '../shared/json.js';

/** One camera of CAMERAS_FILE. */
export const cameraSettings = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,49}$/, 'give 1 to 50 small letters, digits, - or _'),
  /** A URL (rtsp, rtsps, http, https, tcp, udp), a device (/dev/video0, /dev/v4l/by-id/…) or a file. */
  source: z.string().min(1).max(2000),
  name: z.string().min(1).max(100).optional(),
  enabled: z.boolean().default(true),
  fps: z.number().gt(0).max(60).default(10),
  /** Euclidean distance. Default: the server's threshold. */
  threshold: z.number().gt(0).max(2).optional(),
  /** Names only people of this group. */
  group: z.string().min(1).max(64).optional(),
  /** A person out of sight for longer has left. */
  graceSeconds: z.number().min(1).max(3600).default(5),
  /** Faces with a shorter side below this cause no events. */
  minFacePx: z.number().min(0).max(2000).default(40),
  /** Pictures with a longer side are scaled down. */
  maxSidePx: z.int().min(160).max(3840).default(1280),
  /** Degrees by which the pictures are turned clockwise, for a camera that hangs on its side or upside down. */
  rotate: z.literal(ROTATIONS).default(0),
  transport: z.enum(['auto', 'tcp', 'udp']).default('auto'),
  /** Reconnects after so long without a picture. */
  silenceSeconds: z.number().min(1).max(600).default(10),
  /** Whether to keep the best crop of each person present in memory, for GET /cameras/{id}/tracks/{track}/crop. */
  crops: z.boolean().default(true),
  /** Whether to play a file again at its end. */
  loop: z.boolean().default(false),
});

export type CameraSettings = z.infer<typeof cameraSettings>;

const file = z.strictObject({ cameras: z.array(cameraSettings).max(100) });

/** @throws RostroError `bad_config`, which names the place in the file but not the value, which may contain a password */
export async function readCamerasFile(path: string): Promise<CameraSettings[]> {
  const { cameras } = await readJsonFile(path, file, 'CAMERAS_FILE');
  requireUniqueIds(path, 'cameras', cameras);
  for (const { source } of cameras) parseSource(source);
  return cameras;
}
