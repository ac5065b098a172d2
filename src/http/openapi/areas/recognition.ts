import { z } from 'zod';
import * as schemas from '../../schemas.js';
import { CHANGE_ERRORS, PHOTO_ERRORS } from '../failures.js';
import { bytes, json, photo, type Area } from '../operation.js';

const LIVE = `Send photos as multipart files, as a raw body or as JSON. Formats: JPEG, PNG, WebP, AVIF, HEIC, TIFF, GIF and BMP.

**The WebSocket \`/live\`** takes frames of a camera; it needs the scope \`recognise\`. A binary message is a frame. A text
message is JSON, schema \`LiveSettings\`. Each frame gets one reply, schema \`LiveMessage\`: \`faces\`, \`challenge\`, \`dropped\` if a newer frame
replaced it, or \`error\`, after which the connection continues.`;

const file = z.array(bytes);

/** Enrolment and recognition. */
export const RECOGNITION: Area = {
  name: 'Photos',
  description: LIVE,
  operations: {
    'POST /upload': {
      id: 'enrol',
      summary: 'Enrol photos',
      description:
        'Each under the name of its file, or all under the field `name`. With `Accept: text/html` (a form without JavaScript) the reply is a page.',
      query: schemas.uploadFields,
      body: photo(schemas.uploadFields),
      reply: [
        { status: 201, content: { 'application/json': schemas.upload, 'text/html': z.string() } },
        {
          description: 'Every accepted photo was there already',
          content: { 'application/json': schemas.upload, 'text/html': z.string() },
        },
        { status: 422, content: { 'text/html': z.string() } },
      ],
      errors: [
        ...PHOTO_ERRORS,
        ...CHANGE_ERRORS,
        'no_face',
        'several_faces',
        'face_too_small',
        'not_live',
        'nothing_enrolled',
        'bad_name',
        'unclear_name',
        'bad_details',
        'id_taken',
        'consent_required',
        'person_exists',
      ],
    },
    'POST /recognize': {
      id: 'recognize',
      summary: 'Name every face in a photo',
      description:
        'With `session`, the photo is a frame of a camera: faces are followed between frames, and the reply is a `LiveRecognition`.',
      query: schemas.recognizeFields,
      body: photo(schemas.recognizeFields),
      reply: json(z.union([schemas.recognition, schemas.liveRecognition])),
      errors: [...PHOTO_ERRORS, 'bad_details', 'attributes_off', 'liveness_unavailable'],
    },
    'POST /detect': {
      id: 'detect',
      summary: 'Find every face in a photo',
      query: schemas.detectFields,
      body: photo(schemas.detectFields),
      reply: json(schemas.detection),
      errors: [...PHOTO_ERRORS, 'attributes_off', 'liveness_unavailable'],
    },
    'POST /verify': {
      id: 'verify',
      summary: 'Compare the largest faces of two photos',
      query: schemas.verifyFields,
      body: { 'multipart/form-data': z.object({ file: file.length(2), ...schemas.verifyFields.shape }) },
      reply: json(schemas.verification),
      errors: [...PHOTO_ERRORS, 'no_face', 'attributes_off', 'liveness_unavailable'],
    },
  },
};
