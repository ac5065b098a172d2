import { Router } from 'express';
import { RostroError } from '../../shared/errors.js';
import type { Enrolled, PhotoToEnrol } from '../../people/enrolment.js';
import type { Services } from '../services.js';
import { senderOf } from '../caller.js';
import { errorBody, toRostroError } from '../error-handler.js';
import { detailsOf, fieldsOf } from '../parse.js';
import { photoBody, photosOf, type RequestLimits } from '../photos.js';
import { requestSignal } from '../request-signal.js';
import { uploadFields } from '../schemas.js';
import { sendUploadPage } from '../upload-page.js';

type Outcome = { enrolled: Enrolled & { file: string | null } } | { file: string | null; error: RostroError };

/** `POST /upload`: enrols each photo under the name of its file, or all photos under the field `name`. */
export function uploadRoute(services: () => Services, limits: RequestLimits, publicDir: string): Router {
  return Router().post('/upload', photoBody(limits), async (request, response) => {
    const { enrolment } = services();
    const { name, face, webcam } = fieldsOf(request, uploadFields.pick({ name: true, face: true, webcam: true }));
    const given = { name, face, webcam, details: detailsOf(request), addedBy: senderOf(response).key?.id };
    const photos = photosOf(request);
    const signal = requestSignal(response, limits.deadlineMs);
    const outcomes = await Promise.all(photos.map((photo) => enrolOne(enrolment, { ...photo, ...given, signal })));
    const rejections = outcomes.filter((outcome) => 'error' in outcome);
    const enrolled = outcomes.filter((outcome) => 'enrolled' in outcome).map((outcome) => outcome.enrolled);
    const rejected = rejections.map(({ file, error }) => ({ file, error: errorBody(error) }));
    const status = enrolled.some(({ outcome }) => outcome === 'enrolled') ? 201 : 200;
    if (request.accepts('json', 'html') === 'html') {
      await sendUploadPage(response, enrolled.length > 0 ? status : 422, { enrolled, rejected }, publicDir);
      return;
    }
    if (enrolled.length === 0) throw allRejected(rejections);
    response.status(status).json({ enrolled, rejected });
  });
}

/** An expected failure rejects one photo; an unexpected one fails the request. */
async function enrolOne(enrolment: Services['enrolment'], photo: PhotoToEnrol): Promise<Outcome> {
  const file = photo.fileName ?? null;
  try {
    return { enrolled: { file, ...(await enrolment.enrol(photo)) } };
  } catch (cause) {
    const error = toRostroError(cause);
    if (error.code === 'internal') throw cause;
    return { file, error };
  }
}

function allRejected(rejections: readonly { file: string | null; error: RostroError }[]): RostroError {
  if (rejections.length === 1) return rejections[0].error;
  return new RostroError('nothing_enrolled', `None of the ${rejections.length} photos could be enrolled.`, {
    details: { rejected: rejections.map(({ file, error }) => ({ file, error: errorBody(error) })) },
  });
}
