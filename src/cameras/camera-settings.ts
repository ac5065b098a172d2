import { z } from 'zod';
import { parseSource } from './source.js';
import { readJsonFile, refuseTwins } from '../shared/read-json-file.js';

/** One camera of the server, as the operator describes it. */
export const cameraSettings = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,49}$/, 'give 1 to 50 small letters, digits, - or _'),
  /** Rtsp(s)://…, http(s)://…, tcp://…, udp://…, /dev/video0, or a file. */
  source: z.string().min(1).max(2000),
  name: z.string().min(1).max(100).optional(),
  enabled: z.boolean().default(true),
  fps: z.number().gt(0).max(60).default(10),
  /** Plain Euclidean distance; the server's own where it is not there. */
  threshold: z.number().gt(0).max(2).optional(),
  /** Only people of this group are named. */
  group: z.string().min(1).max(64).optional(),
  /** Who is out of sight for longer has left. */
  graceSeconds: z.number().min(1).max(3600).default(5),
  /** Smaller faces make no events. */
  minFacePx: z.number().min(0).max(2000).default(40),
  /** Larger pictures are shrunk. */
  maxSidePx: z.int().min(160).max(3840).default(1280),
  transport: z.enum(['auto', 'tcp', 'udp']).default('auto'),
  /** Without a picture for so long it is connected anew. */
  silenceSeconds: z.number().min(1).max(600).default(10),
  /** Whether the best sight of those who are there is kept in memory, for who asks for it. */
  crops: z.boolean().default(true),
  /** Of a file: begin again at its end. */
  loop: z.boolean().default(false),
});

export type CameraSettings = z.infer<typeof cameraSettings>;

const file = z.strictObject({ cameras: z.array(cameraSettings).max(100) });

/** @throws RostroError `bad_config`, naming the place in the file; never what stands there, which may hold a password */
export async function readCamerasFile(path: string): Promise<CameraSettings[]> {
  const { cameras } = await readJsonFile(path, file, 'CAMERAS_FILE');
  refuseTwins(path, 'cameras', cameras);
  for (const { source } of cameras) parseSource(source);
  return cameras;
}
