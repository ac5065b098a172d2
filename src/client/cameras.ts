import { type CallOptions, pathOf } from './options.js';
import type { Requester } from './requester.js';
import type { Camera, CameraList } from './types.js';

/** The server's cameras. */
export class Cameras {
  constructor(private readonly server: Requester) {}

  async list(options?: CallOptions): Promise<readonly Camera[]> {
    return (await this.server.json<CameraList>({ path: '/cameras' }, options)).cameras;
  }

  /** @throws RostroApiError `camera_not_found` */
  get(id: string, options?: CallOptions): Promise<Camera> {
    return this.server.json({ path: pathOf('cameras', id) }, options);
  }

  /** The newest frame, a JPEG. @throws RostroApiError `camera_not_found`, `camera_not_live` */
  snapshot(id: string, options?: CallOptions): Promise<Blob> {
    return this.server.blob({ path: pathOf('cameras', id, 'snapshot') }, options);
  }

  /** The best crop of a person who is present, a JPEG. @throws RostroApiError `camera_not_found`, `track_not_found` */
  crop(id: string, track: number, options?: CallOptions): Promise<Blob> {
    return this.server.blob({ path: pathOf('cameras', id, 'tracks', String(track), 'crop') }, options);
  }
}
