import { z } from 'zod';
import { DOUBTS } from '../../attendance/rule.js';
import { LOOK_SOURCES, SESSION_ID, STATES } from '../../attendance/session.js';
import { TABLE_LANGUAGES } from '../../attendance/table.js';
import { box, distance, image } from './common.js';
import { sessionParameter, tiles } from './recognition.js';

/** Attendance: who was there. */

const time = z.iso.datetime();
const count = z.int().min(0);
const doubts = z.array(z.enum(DOUBTS)).describe('Why it is only `doubtful`.');

const facts = {
  id: z.string().describe('Sorts by the time of creation.'),
  title: z.string(),
  created: time,
  group: z.string().nullable().describe('The group whose members were expected when the session was opened.'),
  camera: z.string().nullable().describe('Id of the camera of the server that marks people while the session runs.'),
  lateAfter: time.nullable().describe('Who is first seen later is late.'),
  ended: time.nullable().describe('Pictures mark nobody any more since then; null while the session runs.'),
  counts: z
    .strictObject({
      expected: count,
      present: count,
      late: count.describe('Of those who are present.'),
      doubtful: count,
      absent: count,
    })
    .meta({ id: 'AttendanceCounts' }),
};

export const attendanceSummary = z.strictObject(facts).meta({ id: 'AttendanceSummary' });

export const attendanceRow = z
  .strictObject({
    person: z.string().describe("The person's name today."),
    personId: z.string().nullable().describe("The person's own id."),
    state: z.enum(STATES).describe('What a user said, else what was seen.'),
    late: z.boolean(),
    first: time.nullable().describe('When the person was first seen, or marked by hand; null for `absent`.'),
    last: time.nullable(),
    by: z
      .enum([...LOOK_SOURCES, 'manual'])
      .nullable()
      .describe('What decided the state; null where nothing was seen.'),
    seen: z
      .strictObject({
        state: z.enum(['present', 'doubtful']),
        why: doubts,
        camera: z.string().nullable(),
        distance: distance.describe('Of the nearest look.'),
        threshold: z.number(),
      })
      .nullable()
      .describe('What pictures showed.'),
    note: z.string(),
    crop: z.string().nullable().describe('URL of a photo of the person, from the root of the server.'),
  })
  .meta({ id: 'AttendanceRow' });

export const attendance = z.strictObject({ ...facts, people: z.array(attendanceRow) }).meta({ id: 'Attendance' });

export const attendanceList = z
  .strictObject({
    sessions: z.array(attendanceSummary).describe('The newest first.'),
    next: z.string().nullable().describe('Send it as `before` for the next page; null on the last one.'),
  })
  .meta({ id: 'AttendanceList' });

export const attendancePicture = z
  .strictObject({
    session: attendance,
    image,
    facesFound: count.describe('Number of all detected faces.'),
    faces: z.array(
      z
        .strictObject({
          box: box.describe('Pixels of the picture.'),
          person: z.string().nullable().describe('Null for a stranger.'),
          expected: z.boolean().describe('Whether the session has a row of the person.'),
          cutOff: z.boolean().describe('The edge of the picture cuts the face: it marks nobody.'),
          state: z.enum(['present', 'doubtful']).nullable().describe('Null where the face marks nobody.'),
          why: doubts,
        })
        .meta({ id: 'AttendanceFace' }),
    ),
  })
  .meta({ id: 'AttendancePicture' });

export const deletedAttendance = z.strictObject({ deleted: z.string() }).meta({ id: 'DeletedAttendance' });

/** Requests. */
const moment = z.iso.datetime({ offset: true });
const utc = moment.transform((text) => new Date(text).toISOString());
const title = z.string().trim().min(1).max(200);
const camera = z.string().min(1).max(50).nullable();

export const newAttendance = z
  .strictObject({
    title,
    group: z.string().min(1).max(100).optional().describe('All members of this group are expected.'),
    people: z
      .array(z.string().min(1).max(1000))
      .max(2000)
      .optional()
      .describe('Names of those who are expected. Without `group` and `people`: everyone who is enrolled.'),
    lateAfter: utc.nullable().default(null),
    camera: camera
      .default(null)
      .describe('Id of a camera that marks people while the session runs, for 12 hours at most.'),
  })
  .refine(({ group, people }) => group === undefined || people === undefined, {
    message: 'give "group" or "people", not both',
  })
  .meta({ id: 'NewAttendance', examples: [{ title: '3B, mathematics', group: '3B' }] });

export const attendancePatch = z
  .strictObject({
    title: title.optional(),
    lateAfter: utc.nullable().optional(),
    camera: camera.optional(),
    ended: z.boolean().optional().describe('`false` goes on with a session that had ended.'),
  })
  .meta({ id: 'AttendancePatch' });

export const attendanceMark = z
  .strictObject({
    state: z
      .enum(['present', 'absent'])
      .nullable()
      .optional()
      .describe('Counts more than what was seen. Null: what was seen counts again.'),
    note: z.string().trim().max(500).optional(),
  })
  .meta({ id: 'AttendanceMark', examples: [{ state: 'present', note: 'came with the bus' }] });

export const attendanceQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('Sessions per page.'),
  before: z.string().regex(SESSION_ID).optional().describe('`next` of the page before.'),
});

export const attendancePictureFields = z.object({
  session: sessionParameter
    .optional()
    .describe('The picture is the next frame of a camera, as for `POST /recognize`; without it, a photo.'),
  at: moment
    .transform((text) => new Date(text))
    .optional()
    .describe('When the photo was taken; not in the future. Default: now.'),
  tiles,
});

export const attendanceTableQuery = z.object({
  language: z.enum(TABLE_LANGUAGES).default('en'),
  timeZone: z.string().min(1).max(64).default('UTC').describe('Of the times, such as `Europe/Madrid`.'),
});

export const attendancePath = z.object({ id: z.string().describe('The id of the session.') });
export const attendancePersonPath = attendancePath.extend({ name: z.string().describe('The name of the person.') });
