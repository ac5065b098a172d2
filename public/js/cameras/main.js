import $ from '../../vendor/jquery/jquery.module.min.js';
import { announce } from '../announce.js';
import { rostro } from '../api.js';
import { confirmErasure } from '../confirm.js';
import { createTranslator } from '../i18n.js';
import { failureNotice, waitingNotice } from '../notice.js';
import { whenReady } from '../retry.js';
import { mountShell } from '../shell.js';
import strings from '../strings/cameras.js';
import common from '../strings/common.js';
import { idFor } from './camera-address.js';
import { CameraCard } from './camera-card.js';
import { CameraForm } from './camera-form.js';
import { EventList } from './event-list.js';

/**
 * @import { Camera, CameraSettings } from '/client/index.js'
 * @import { FormValues } from './camera-form.js'
 */

const REFRESH_MS = 2000;

const { t } = createTranslator(common, strings);
mountShell({ page: 'cameras', t });

/** @type {Map<string, CameraCard>} */
const cards = new Map();
/** @type {Map<string, string>} */
const names = new Map();
/** @type {CameraForm | null} */
let form = null;
let isListening = false;
const notice = $('#cameras-notice');
/** Of what an administrator did; stays while the cameras are shown anew. */
const problem = $('#camera-problem');
$('#add-camera').on('click', () => open(null));
void start();

async function start() {
  notice.empty().append(waitingNotice(t('cameras.loading')));
  try {
    show(await whenReady(() => rostro.cameras.list()));
    setTimeout(refresh, REFRESH_MS);
  } catch (error) {
    notice.empty().append(failureNotice(error, t, () => void start()));
  }
}

/** A hidden page sends no requests. */
async function refresh() {
  if (!document.hidden) await reload();
  setTimeout(refresh, REFRESH_MS);
}

async function reload() {
  try {
    show(await rostro.cameras.list());
  } catch (error) {
    notice.empty().append(failureNotice(error, t));
  }
}

/** @param {readonly Camera[]} cameras */
function show(cameras) {
  if (cameras.length > 0 || $('#cameras-notice .empty').length === 0) {
    notice.empty().append(cameras.length === 0 ? nothingYet() : []);
  }
  const ids = new Set(cameras.map(({ id }) => id));
  for (const [id, card] of cards) if (!ids.has(id)) remove(id, card);
  for (const camera of cameras) {
    names.set(camera.id, camera.name);
    const card = cards.get(camera.id);
    if (card) card.update(camera);
    else add(camera);
  }
  if (cameras.length === 0 || isListening) return;
  isListening = true;
  void new EventList((id) => names.get(id) ?? id, t).listen();
}

/** @param {Camera} camera */
function add(camera) {
  const card = new CameraCard(camera, t, {
    onTest: ({ id }) => rostro.cameras.testChange(id),
    onEdit: ({ id }) => void edit(id),
    onRemove: (one) => void askAndRemove(one),
  });
  cards.set(camera.id, card);
  $('#cameras').append(card.element);
}

/** @param {string} id @param {CameraCard} card */
function remove(id, card) {
  card.element.remove();
  cards.delete(id);
}

/** @param {string} id */
async function edit(id) {
  problem.empty();
  try {
    open(await rostro.cameras.settings(id));
  } catch (error) {
    problem.empty().append(failureNotice(error, t));
  }
}

/** Opens the form for a new camera, or for one that exists. @param {CameraSettings | null} settings */
function open(settings) {
  form?.close();
  form = new CameraForm({
    settings,
    t,
    onTest: (values) => test(settings, values),
    onSave: async (values) => {
      const { id } = await save(settings, values);
      await reload();
      close(id);
    },
    onCancel: () => close(settings?.id),
  });
  $('#camera-form').append(form.element);
  form.open();
}

/** @param {string} [id] the camera whose card gets the focus */
function close(id) {
  form?.close();
  form = null;
  const card = id === undefined ? undefined : cards.get(id)?.element.find('.camera-actions button')[0];
  (card ?? $('#add-camera')[0]).focus();
}

/** @param {CameraSettings | null} settings @param {FormValues} values */
function test(settings, values) {
  const { source, rotate, transport } = values;
  if (settings) return rostro.cameras.testChange(settings.id, { ...(source && { source }), rotate, transport });
  return rostro.cameras.test({ source: source ?? '', rotate, transport });
}

/** @param {CameraSettings | null} settings @param {FormValues} values */
function save(settings, { source, group, ...values }) {
  if (settings) return rostro.cameras.change(settings.id, { ...values, group, ...(source && { source }) });
  const id = idFor(values.name, [...cards.keys()]);
  return rostro.cameras.add({ id, source: source ?? '', ...values, ...(group !== null && { group }) });
}

/** @param {Camera} camera */
async function askAndRemove({ id, name }) {
  const question = {
    title: t('cameras.removeTitle', { name }),
    text: t('cameras.removeText'),
    action: t('cameras.remove'),
  };
  problem.empty();
  if (!(await confirmErasure(question))) return;
  try {
    await rostro.cameras.remove(id);
    announce(t('cameras.removed', { name }));
    await reload();
    $('#add-camera').trigger('focus');
  } catch (error) {
    problem.empty().append(failureNotice(error, t));
  }
}

function nothingYet() {
  return $('<div class="empty">').append(
    $('<p class="empty-title">').text(t('cameras.none')),
    $('<p class="hint" data-needs="admin">').text(t('cameras.howHere')),
    $('<p class="hint">').text(t('cameras.how', { setting: 'CAMERAS_FILE=cameras.json' })),
  );
}
