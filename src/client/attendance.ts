import { jsonBody, type Photo, photoBody } from './body.js';
import { type CallOptions, pathOf, withQuery } from './options.js';
import type { Requester } from './requester.js';
import type {
  AttendanceList,
  AttendanceMark,
  AttendancePatch,
  AttendancePicture,
  AttendanceSession,
  DeletedAttendance,
  NewAttendance,
} from './types.js';

export interface AttendanceQuery {
  /** Sessions per page, 1 to 200. @default 50 */
  readonly limit?: number | undefined;
  /** `next` of the page before. */
  readonly before?: string | undefined;
}

export interface PictureOptions extends CallOptions {
  /** The picture is the next frame of a camera. An id of 8 to 64 characters that is hard to guess. */
  readonly session?: string | undefined;
  /** When the photo was taken. @default now */
  readonly at?: Date | undefined;
  /** Whether overlapping parts of a photo are searched too, for small faces; takes longer. */
  readonly tiles?: boolean | undefined;
}

/** How tables are written. */
export interface TableOptions {
  /** @default 'en' */
  readonly language?: 'en' | 'es' | undefined;
  /** Of the times, such as `Europe/Madrid`. @default 'UTC' */
  readonly timeZone?: string | undefined;
}

/** Lists of who was there. */
export class Attendance {
  constructor(private readonly server: Requester) {}

  /** A page of sessions, the newest first. */
  list({ limit, before, ...options }: AttendanceQuery & CallOptions = {}): Promise<AttendanceList> {
    return this.server.json({ path: withQuery('/attendance', { limit, before }) }, options);
  }

  /** @throws RostroApiError `person_not_found`, `camera_not_found`; `bad_request` for a group without people */
  open(session: NewAttendance, options?: CallOptions): Promise<AttendanceSession> {
    return this.server.json({ method: 'POST', path: '/attendance', body: jsonBody(session) }, options);
  }

  /** @throws RostroApiError `attendance_not_found` */
  get(id: string, options?: CallOptions): Promise<AttendanceSession> {
    return this.server.json({ path: pathOf('attendance', id) }, options);
  }

  /** @throws RostroApiError `attendance_not_found`, `camera_not_found` */
  change(id: string, change: AttendancePatch, options?: CallOptions): Promise<AttendanceSession> {
    return this.server.json({ method: 'PATCH', path: pathOf('attendance', id), body: jsonBody(change) }, options);
  }

  /** @throws RostroApiError `attendance_not_found` */
  delete(id: string, options?: CallOptions): Promise<DeletedAttendance> {
    return this.server.json({ method: 'DELETE', path: pathOf('attendance', id) }, options);
  }

  /** Marks a person by hand, or writes a note. @throws RostroApiError `attendance_not_found`, `person_not_found` */
  mark(id: string, name: string, mark: AttendanceMark, options?: CallOptions): Promise<AttendanceSession> {
    const path = pathOf('attendance', id, 'people', name);
    return this.server.json({ method: 'PATCH', path, body: jsonBody(mark) }, options);
  }

  /** Marks the people on a picture. @throws RostroApiError `attendance_not_found`, `attendance_ended`, those of a photo */
  look(
    id: string,
    picture: Photo,
    { session, at, tiles, ...options }: PictureOptions = {},
  ): Promise<AttendancePicture> {
    const query = { session, at: at?.toISOString(), tiles };
    const path = withQuery(pathOf('attendance', id, 'pictures'), query);
    return this.server.json({ method: 'POST', path, body: photoBody(picture) }, options);
  }

  /** The session as a table. @throws RostroApiError `attendance_not_found` */
  csv(id: string, { language, timeZone, ...options }: TableOptions & CallOptions = {}): Promise<Blob> {
    return this.server.blob({ path: withQuery(pathOf('attendance', id, 'csv'), { language, timeZone }) }, options);
  }

  /** The session as a workbook for Excel and others. @throws RostroApiError `attendance_not_found` */
  workbook(id: string, { language, timeZone, ...options }: TableOptions & CallOptions = {}): Promise<Blob> {
    return this.server.blob({ path: withQuery(pathOf('attendance', id, 'xlsx'), { language, timeZone }) }, options);
  }
}
