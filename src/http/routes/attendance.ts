import { pipeline } from 'node:stream/promises';
import { type Request, Router } from 'express';
import { attendanceNotFound } from '../../attendance/attendance-store.js';
import { type AttendanceSession, countsOf, type Row, SESSION_ID, statusOf } from '../../attendance/session.js';
import { csvOf, tableFileName, tableOf, workbookOf } from '../../attendance/table.js';
import { firstSeen } from '../../history/sighting.js';
import { zipOf } from '../../shared/archive/zip.js';
import { RostroError } from '../../shared/errors.js';
import { ownerOf, senderOf } from '../caller.js';
import { fieldsOf, jsonBody, parseRequest } from '../parse.js';
import { onePhotoOf, photoBody, type RequestLimits } from '../photos.js';
import { publicPathOf } from '../public-path.js';
import { requestSignal } from '../request-signal.js';
import {
  attendanceMark,
  attendancePatch,
  attendancePictureFields,
  attendanceQuery,
  attendanceTableQuery,
  newAttendance,
} from '../schemas.js';
import type { Services } from '../services.js';
import { ignoreClientGone } from './backup.js';
import { thumbnail } from './people.js';

const json = jsonBody(16 * 1024);
/** For lists of people. */
const listJson = jsonBody(512 * 1024, 10_000);

/** Attendance: sessions, the pictures that mark people in them, marks by hand, tables. */
export function attendanceRoutes(services: () => Services, limits: RequestLimits): Router {
  const body = photoBody(limits);
  const reply = (session: AttendanceSession, request: Request) =>
    sessionReply(session, services(), publicPathOf(request));
  const tableFor = async (request: Request, ending: string) => {
    const options = parseRequest(attendanceTableQuery, request.query, 'query');
    const { attendance, people } = services();
    const session = await attendance.get(idOf(request.params.id as string));
    const idOfPerson = (name: string) => people.find(name)?.id ?? null;
    return { table: tableOf(session, options, idOfPerson), fileName: tableFileName(session, ending) };
  };
  return Router()
    .get('/attendance', async (request, response) => {
      const { limit, before } = parseRequest(attendanceQuery, request.query, 'query');
      const found = await services().attendance.list({ limit: limit + 1, before });
      const page = found.slice(0, limit);
      response.json({ sessions: page.map(summaryOf), next: found.length > limit ? page[limit - 1].id : null });
    })
    .post('/attendance', listJson, async (request, response) => {
      const { group = null, people = null, ...facts } = parseRequest(newAttendance, request.body, 'body');
      requireCamera(facts.camera, services());
      response.status(201).json(reply(await services().attendance.open({ group, people, ...facts }), request));
    })
    .get('/attendance/:id', async (request, response) => {
      response.json(reply(await services().attendance.get(idOf(request.params.id)), request));
    })
    .patch('/attendance/:id', json, async (request, response) => {
      const change = parseRequest(attendancePatch, request.body, 'body');
      requireCamera(change.camera ?? null, services());
      response.json(reply(await services().attendance.change(idOf(request.params.id), change), request));
    })
    .delete('/attendance/:id', async (request, response) => {
      const id = idOf(request.params.id);
      await services().attendance.remove(id);
      response.json({ deleted: id });
    })
    .patch('/attendance/:id/people/:name', json, async (request, response) => {
      const mark = parseRequest(attendanceMark, request.body, 'body');
      const { id, name } = request.params;
      response.json(reply(await services().attendance.mark(idOf(id), name, mark), request));
    })
    .post('/attendance/:id/pictures', body, async (request, response) => {
      const id = idOf((request.params as { id: string }).id);
      const photo = onePhotoOf(request);
      const { session, at, tiles } = fieldsOf(request, attendancePictureFields);
      if (at !== undefined && at.getTime() > Date.now()) {
        throw new RostroError('bad_request', 'The photo cannot be taken in the future: check "at".');
      }
      const signal = requestSignal(response, limits.deadlineMs);
      const { pictureMarks } = services();
      const looked =
        session === undefined
          ? await pictureMarks.photo(id, photo, { at, tiles }, signal)
          : await pictureMarks.frame(
              id,
              photo,
              { liveSession: liveSessionOf(ownerOf(senderOf(response)), id, session) },
              signal,
            );
      response.json({ ...looked, session: reply(looked.session, request) });
    })
    .get('/attendance/:id/csv', async (request, response) => {
      const { table, fileName } = await tableFor(request, 'csv');
      response.attachment(fileName).type('text/csv').send(csvOf(table));
    })
    .get('/attendance/:id/xlsx', async (request, response) => {
      const { table, fileName } = await tableFor(request, 'xlsx');
      response.attachment(fileName).type('xlsx');
      await pipeline(zipOf(workbookOf(table)), response).catch(ignoreClientGone);
    });
}

/** @throws RostroError `attendance_not_found` */
function idOf(text: string): string {
  if (!SESSION_ID.test(text)) throw attendanceNotFound();
  return text;
}

/** @throws RostroError `camera_not_found` */
function requireCamera(camera: string | null, { cameras }: Services): void {
  if (camera !== null) cameras.get(camera);
}

/** Keys do not share live sessions, nor do sessions of attendance. */
function liveSessionOf(owner: string, id: string, session: string): string {
  return `${owner} ${id} ${session}`;
}

function summaryOf({ rows, ...session }: AttendanceSession) {
  const { id, title, group, camera, lateAfter, ended } = session;
  const counts = countsOf({ rows, lateAfter });
  return { id, title, created: firstSeen(id).toISOString(), group, camera, lateAfter, ended, counts };
}

function sessionReply(session: AttendanceSession, services: Services, root: string) {
  const people = session.rows.map((row) => rowReply(row, session.lateAfter, services, root));
  return { ...summaryOf(session), people };
}

function rowReply({ person, seen, manual, note }: Row, lateAfter: string | null, { people }: Services, root: string) {
  const enrolled = people.find(person);
  const { state, late, first, last, by } = statusOf({ seen, manual, note }, lateAfter);
  const shown = seen && {
    state: seen.state,
    why: seen.why,
    camera: seen.camera,
    distance: seen.distance,
    threshold: seen.threshold,
  };
  const crop = enrolled === undefined ? null : thumbnail(enrolled, root);
  return { person, personId: enrolled?.id ?? null, state, late, first, last, by, seen: shown, note, crop };
}
