import { jsonBody } from './body.js';
import { type CallOptions, type CropOptions, pathOf, withQuery } from './options.js';
import type { Requester } from './requester.js';
import type {
  Camera,
  CameraChange,
  CameraList,
  CameraSettings,
  CameraToTest,
  DeletedCamera,
  NewCamera,
} from './types.js';

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

  /** Adds a camera, which starts at once. @throws RostroApiError `bad_request`, `camera_exists`, `storage_failed` */
  add(settings: NewCamera, options?: CallOptions): Promise<Camera> {
    return this.server.json({ method: 'POST', path: '/cameras', body: jsonBody(settings) }, options);
  }

  /** The settings of a camera. `source` has no path and no password. @throws RostroApiError `camera_not_found` */
  settings(id: string, options?: CallOptions): Promise<CameraSettings> {
    return this.server.json({ path: pathOf('cameras', id, 'settings') }, options);
  }

  /**
   * Changes a camera that was added through the API. Settings that are missing stay as they are, also the password.
   * @throws RostroApiError `bad_request`, `camera_not_found`, `camera_in_file`, `storage_failed`
   */
  change(id: string, change: CameraChange, options?: CallOptions): Promise<Camera> {
    return this.server.json({ method: 'PATCH', path: pathOf('cameras', id), body: jsonBody(change) }, options);
  }

  /** Removes a camera that was added through the API. @throws RostroApiError `camera_not_found`, `camera_in_file` */
  remove(id: string, options?: CallOptions): Promise<DeletedCamera> {
    return this.server.json({ method: 'DELETE', path: pathOf('cameras', id) }, options);
  }

  /**
   * A picture of a source that is no camera yet, a JPEG. It may take 15 seconds.
   * @throws RostroApiError `camera_failed` with `details.failure`, such as `wrong_password`; `bad_request`, `busy`
   */
  test(settings: CameraToTest, options?: CallOptions): Promise<Blob> {
    return this.server.blob({ method: 'POST', path: '/cameras/test', body: jsonBody(settings) }, options);
  }

  /** As `test`, of a camera with changed settings. @throws RostroApiError as `test`; `camera_not_found` */
  testChange(id: string, change: CameraChange = {}, options?: CallOptions): Promise<Blob> {
    return this.server.blob({ method: 'POST', path: pathOf('cameras', id, 'test'), body: jsonBody(change) }, options);
  }

  /** The newest frame, a JPEG. @throws RostroApiError `camera_not_found`, `camera_not_live` */
  snapshot(id: string, options?: CallOptions): Promise<Blob> {
    return this.server.blob({ path: pathOf('cameras', id, 'snapshot') }, options);
  }

  /** The best crop of a person who is present, a JPEG. @throws RostroApiError `camera_not_found`, `track_not_found` */
  crop(id: string, track: number, { size, ...options }: CropOptions = {}): Promise<Blob> {
    const path = withQuery(pathOf('cameras', id, 'tracks', String(track), 'crop'), { size });
    return this.server.blob({ path }, options);
  }
}
