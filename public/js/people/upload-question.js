import { RostroApiError } from '../../client/index.js';
import $ from '../../vendor/jquery/jquery.module.min.js';
import { showPhoto } from '../photo.js';
import { mountFacePicker } from './face-picker.js';
import { consentFields } from './consent-fields.js';
import { nameFromFile } from './file-name.js';
import { nameForm } from './name-form.js';

/**
 * @import { Translate } from '../i18n.js'
 * @import { Upload } from './upload-queue.js'
 */

const PHOTO_SIDE_PX = 960;

/** @param {string | undefined} code */
const asksName = (code) => code === 'bad_name' || code === 'unclear_name';

/** Whether the photo waits for a name or a choice. @param {Upload} upload */
export function asksUser({ state, error }) {
  const code = error?.code;
  const isAsked = code === 'several_faces' || code === 'consent_required' || asksName(code);
  return state === 'unnamed' || (state === 'refused' && isAsked);
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
  const canvas = $('<canvas role="img">').attr('aria-label', t('upload.photo', { file: upload.file.name }));
  const photo = $('<div class="photo">').append(canvas);
  const readable = await showPhoto(/** @type {HTMLCanvasElement} */ (canvas[0]), upload.file, PHOTO_SIDE_PX);
  /** @type {JQuery[]} */
  const parts = readable ? [photo] : [];
  const form = () => askName(upload, t, onAnswer);

  if (upload.state === 'unnamed' || asksName(code)) return [...parts, form()];
  if (code === 'consent_required') return [...parts, askConsent(upload, t, onAnswer)];
  if (code !== 'several_faces') return parts;
  return [...(readable ? parts : [photo.addClass('unreadable')]), pickFace(photo, upload, t, form)];
}

/** @param {JQuery} photo @param {Upload} upload @param {Translate} t @param {() => JQuery} form */
function pickFace(photo, upload, t, form) {
  const place = $('<div>').append($('<p class="hint">').text(t('picker.hint')));
  const { error } = upload;
  if (!(error instanceof RostroApiError && error.is('several_faces'))) return place;
  mountFacePicker(photo, error.details, t, (face) => {
    upload.face = face;
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
  return nameForm({
    label: t('upload.who'),
    value: upload.name ?? (upload.state === 'unnamed' ? '' : nameFromFile(upload.file.name)),
    action: t('upload.enrol'),
    onName: (name) => {
      upload.name = name;
      onAnswer();
    },
  });
}
