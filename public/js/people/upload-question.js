import { RostroApiError } from '../../client/index.js';
import $ from '../../vendor/jquery/jquery.module.min.js';
import { decodePhoto, showBlank, showPhoto } from '../photo.js';
import { mountFacePicker } from './face-picker.js';
import { consentFields } from '../consent.js';
import { isCameraName, nameFromFile } from './file-name.js';
import { nameForm } from './name-form.js';

/**
 * @import { Box, ImageSize } from '/client/index.js'
 * @import { Translate } from '../i18n.js'
 * @import { Upload } from './upload-queue.js'
 */

/** Longer side of a photo, pixels: with faces to choose from, of which the name is asked, that was refused. */
const SIDES_PX = { faces: 960, name: 480, refused: 240 };
/** Warnings after which a person decides whether the photo stays. */
const DOUBTS = ['duplicate', 'similar_name', 'rotated'];

/** Refusals that another attempt may not meet. */
const PASSING = ['busy', 'deadline_exceeded', 'worker_restarted', 'too_many_requests', 'storage_failed'];

/** What the user decides about a photo that was enrolled. @param {Upload} upload */
export function doubtsOf({ enrolled }) {
  return (enrolled?.warnings ?? []).map(({ code }) => code).filter((code) => DOUBTS.includes(code));
}

/** @param {string | undefined} code */
const asksName = (code) => code === 'bad_name' || code === 'unclear_name';

/** The place of a photo in the review, in the order of the page. @param {Upload} upload @returns {'asking' | 'refused' | 'going' | 'done'} */
export function kindOf(upload) {
  const { state, error, send, isKept } = upload;
  if (state === 'unnamed') return 'asking';
  if (state === 'refused') {
    const code = error?.code;
    const isAsked = code === 'several_faces' || code === 'consent_required' || asksName(code);
    return send !== null && isAsked ? 'asking' : 'refused';
  }
  if (state === 'undone') return 'done';
  if (state === 'enrolled') return !isKept && doubtsOf(upload).length > 0 ? 'asking' : 'done';
  return 'going';
}

/**
 * Asks for the missing data of a photo: shows the photo, a choice of its faces if there are several, and a form for the name
 * if it is needed. Stores the answer in the upload.
 * @param {Upload} upload
 * @param {Translate} t
 * @param {() => void} onAnswer
 * @returns {Promise<JQuery[]>}
 */
export async function uploadQuestion(upload, t, onAnswer) {
  const code = upload.error?.code;
  const isAsking = kindOf(upload) === 'asking';
  const asksFace = isAsking && code === 'several_faces';
  const canvas = $('<canvas role="img">').attr('aria-label', t('upload.photo', { file: upload.file }));
  const photo = $('<div class="photo">').append(canvas);
  const side = asksFace ? SIDES_PX.faces : isAsking ? SIDES_PX.name : SIDES_PX.refused;
  const shown = /** @type {HTMLCanvasElement} */ (canvas[0]);
  const blob = await upload.photo?.().catch(() => null);
  const readable = blob ? await showPhoto(shown, blob, side) : false;
  /** @type {JQuery[]} */
  const parts = readable ? [photo] : [];
  const form = () => askName(upload, t, onAnswer);

  if (asksFace && upload.error instanceof RostroApiError) {
    const found = await facesIn(upload.error, blob ?? null);
    if (!readable) showBlank(shown, found.image, SIDES_PX.faces);
    return [photo, pickFace(photo, found, upload, t, { form, onAnswer })];
  }
  if (isAsking) return [...parts, code === 'consent_required' ? askConsent(upload, t, onAnswer) : form()];
  if (upload.send === null || !PASSING.includes(code ?? '')) return parts;
  const retry = $('<button type="button" class="btn btn-sm btn-outline-secondary">').text(t('retry'));
  return [...parts, retry.on('click', onAnswer)];
}

/**
 * The faces of a photo, and its size.
 * @param {RostroApiError} error `several_faces`; without `image` in an import
 * @param {Blob | null} photo
 * @returns {Promise<{ image: ImageSize, faces: readonly { box: Box }[] }>}
 */
async function facesIn({ details }, photo) {
  const { image, faces } = /** @type {{ image?: ImageSize, faces: readonly { box: Box }[] }} */ (details);
  if (image) return { image, faces };
  const decoded = photo && (await decodePhoto(photo));
  if (!decoded) return { image: extentOf(faces), faces };
  const { width, height } = decoded;
  decoded.close();
  return { image: { width, height }, faces };
}

/** The size of a photo that the browser cannot read, as far as it has faces. @param {readonly { box: Box }[]} faces */
function extentOf(faces) {
  return {
    width: Math.ceil(Math.max(...faces.map(({ box }) => box.x + box.width)) * 1.05),
    height: Math.ceil(Math.max(...faces.map(({ box }) => box.y + box.height)) * 1.05),
  };
}

/**
 * @param {JQuery} photo
 * @param {{ image: ImageSize, faces: readonly { box: Box }[] }} found
 * @param {Upload} upload
 * @param {Translate} t
 * @param {{ form: () => JQuery, onAnswer: () => void }} next
 */
function pickFace(photo, found, upload, t, { form, onAnswer }) {
  const hint = upload.isNamed ? t('import.whichIs', { name: upload.name ?? '' }) : t('picker.hint');
  const place = $('<div>').append($('<p class="hint">').text(hint));
  mountFacePicker(photo, found, t, (face) => {
    upload.face = face;
    if (upload.isNamed) {
      onAnswer();
      return;
    }
    if (place.find('form').length === 0) place.empty().append(form());
    place.find('input').trigger('focus').trigger('select');
  });
  return place;
}

/** @param {Upload} upload @param {Translate} t @param {() => void} onAnswer */
function askConsent(upload, t, onAnswer) {
  const { fields, value } = consentFields(t, { required: true });
  return $('<form class="name-form">')
    .append(fields, $('<button class="btn btn-sm btn-primary">').text(t('consent.enrol')))
    .on('submit', (event) => {
      event.preventDefault();
      upload.consent = value() ?? undefined;
      onAnswer();
    });
}

/** @param {Upload} upload @param {Translate} t @param {() => void} onAnswer */
function askName(upload, t, onAnswer) {
  const fromFile = nameFromFile(upload.file.split('/').at(-1) ?? '');
  const isUnclear = upload.error?.code === 'unclear_name' || isCameraName(upload.file);
  const answer = (/** @type {string} */ name) => {
    upload.name = name;
    onAnswer();
  };
  const form = nameForm({
    label: t('upload.who'),
    value: upload.name ?? (isUnclear ? '' : fromFile),
    action: t('upload.enrol'),
    onName: answer,
  });
  if (upload.error?.code !== 'unclear_name') return form;
  return form.append(
    $('<button type="button" class="btn btn-sm btn-outline-secondary">')
      .text(t('upload.isName', { name: fromFile }))
      .on('click', () => answer(fromFile)),
  );
}
