import $ from '../../vendor/jquery/jquery.module.min.js';
import { rostro } from '../api.js';
import { createTranslator } from '../i18n.js';
import { failureNotice, waitingNotice } from '../notice.js';
import { whenReady } from '../retry.js';
import { mountShell } from '../shell.js';
import strings from '../strings/cameras.js';
import common from '../strings/common.js';
import { CameraCard } from './camera-card.js';
import { EventList } from './event-list.js';

/** @import { Camera } from '/client/index.js' */

const REFRESH_MS = 2000;

const { t } = createTranslator(common, strings);
mountShell({ page: 'cameras', t });

/** @type {Map<string, CameraCard>} */
const cards = new Map();
/** @type {Map<string, string>} */
const names = new Map();
const notice = $('#cameras-notice');
void start();

async function start() {
  notice.empty().append(waitingNotice(t('cameras.loading')));
  try {
    const cameras = await whenReady(() => rostro.cameras.list());
    notice.empty();
    if (cameras.length === 0) return notice.append(nothingYet());
    show(cameras);
    void new EventList((id) => names.get(id) ?? id, t).listen();
    setTimeout(refresh, REFRESH_MS);
  } catch (error) {
    notice.empty().append(failureNotice(error, t, () => void start()));
  }
}

/** A hidden page sends no requests. */
async function refresh() {
  if (!document.hidden) {
    try {
      show(await rostro.cameras.list());
      notice.empty();
    } catch (error) {
      notice.empty().append(failureNotice(error, t));
    }
  }
  setTimeout(refresh, REFRESH_MS);
}

/** @param {readonly Camera[]} cameras */
function show(cameras) {
  for (const camera of cameras) {
    names.set(camera.id, camera.name);
    const card = cards.get(camera.id);
    if (card) card.update(camera);
    else add(camera);
  }
}

/** @param {Camera} camera */
function add(camera) {
  const card = new CameraCard(camera, t);
  cards.set(camera.id, card);
  $('#cameras').append(card.element);
}

function nothingYet() {
  return $('<div class="empty">').append(
    $('<p class="empty-title">').text(t('cameras.none')),
    $('<p class="hint">').text(t('cameras.how', { setting: 'CAMERAS_FILE=cameras.json' })),
  );
}
