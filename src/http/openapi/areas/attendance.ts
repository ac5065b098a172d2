import { z } from 'zod';
import * as schemas from '../../schemas.js';
import { BODY_ERRORS, CHANGE_ERRORS, PHOTO_ERRORS } from '../failures.js';
import { file, json, photo, type Area } from '../operation.js';

const { attendancePath, attendancePersonPath } = schemas;
const READ_ERRORS = ['storage_failed', 'database_unreachable', 'not_ready'] as const;

/** Who was there. */
export const ATTENDANCE: Area = {
  name: 'Attendance',
  description:
    'Lists of who was there: photos, live frames, a camera of the server and users mark the expected people.',
  operations: {
    'GET /attendance': {
      id: 'listAttendance',
      summary: 'All sessions, the newest first, in pages',
      query: schemas.attendanceQuery,
      reply: json(schemas.attendanceList),
      errors: ['bad_request', ...READ_ERRORS],
    },
    'POST /attendance': {
      id: 'openAttendance',
      summary: 'Open a session for a group, a list of people, or everyone',
      body: { 'application/json': schemas.newAttendance },
      reply: { ...json(schemas.attendance), status: 201 },
      errors: [...BODY_ERRORS, ...CHANGE_ERRORS, 'bad_name', 'person_not_found', 'camera_not_found'],
    },
    'GET /attendance/:id': {
      id: 'getAttendance',
      summary: 'One session with its people',
      path: attendancePath,
      reply: json(schemas.attendance),
      errors: ['attendance_not_found', ...READ_ERRORS],
    },
    'PATCH /attendance/:id': {
      id: 'changeAttendance',
      summary: 'Change the title, the time after which people are late, or the camera; end a session or go on with it',
      path: attendancePath,
      body: { 'application/json': schemas.attendancePatch },
      reply: json(schemas.attendance),
      errors: [...BODY_ERRORS, ...CHANGE_ERRORS, 'attendance_not_found', 'camera_not_found'],
    },
    'DELETE /attendance/:id': {
      id: 'deleteAttendance',
      summary: 'Delete a session',
      path: attendancePath,
      reply: json(schemas.deletedAttendance),
      errors: ['attendance_not_found', ...CHANGE_ERRORS],
    },
    'PATCH /attendance/:id/people/:name': {
      id: 'markAttendance',
      summary: 'Mark a person by hand, or write a note',
      path: attendancePersonPath,
      body: { 'application/json': schemas.attendanceMark },
      reply: json(schemas.attendance),
      errors: [...BODY_ERRORS, ...CHANGE_ERRORS, 'attendance_not_found', 'bad_name', 'person_not_found'],
    },
    'POST /attendance/:id/pictures': {
      id: 'lookAttendance',
      summary: 'Mark the people on a photo or on a frame of a live camera',
      description: 'The picture is not kept. Faces that the edge of the picture cuts mark nobody.',
      path: attendancePath,
      query: schemas.attendancePictureFields,
      body: photo(schemas.attendancePictureFields),
      reply: json(schemas.attendancePicture),
      errors: [...PHOTO_ERRORS, ...CHANGE_ERRORS, 'attendance_not_found', 'attendance_ended'],
    },
    'GET /attendance/:id/csv': {
      id: 'getAttendanceCsv',
      summary: 'The session as a table: UTF-8 with a byte order mark, commas',
      path: attendancePath,
      query: schemas.attendanceTableQuery,
      reply: { content: { 'text/csv': z.string() } },
      errors: ['attendance_not_found', 'bad_request', ...READ_ERRORS],
    },
    'GET /attendance/:id/xlsx': {
      id: 'getAttendanceWorkbook',
      summary: 'The session as a workbook for Excel, LibreOffice and others',
      path: attendancePath,
      query: schemas.attendanceTableQuery,
      reply: file('application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'),
      errors: ['attendance_not_found', 'bad_request', ...READ_ERRORS],
    },
  },
};
