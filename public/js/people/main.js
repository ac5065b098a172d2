import $ from '../../vendor/jquery/jquery.module.min.js';
import { loadBootstrap } from '../bootstrap.js';
import { acceptDrops } from '../drop.js';
import { createTranslator } from '../i18n.js';
import { failureNotice } from '../notice.js';
import { takeSharedPhotos } from '../shared-photos.js';
import { mountShell, refreshStatus } from '../shell.js';
import common from '../strings/common.js';
import importStrings from '../strings/import.js';
import people from '../strings/people.js';
import { PeopleList } from './people-list.js';

/** @import { DroppedFile } from '../dropped-files.js' */

const STORED_POPULATED = 'rostro.populated';

const { t } = createTranslator(common, people, importStrings);
mountShell({ page: 'people', t });
let isShown = false;
const list = new PeopleList(t, () => void refreshStatus());
foldIntake(localStorage.getItem(STORED_POPULATED) === 'true');
list.onShown = (/** @type {boolean} */ isPopulated) => {
  localStorage.setItem(STORED_POPULATED, String(isPopulated));
  // Only when the page opens: not under the hands of someone who enrols.
  if (!isShown && !$('#intake')[0].contains(document.activeElement)) foldIntake(isPopulated);
  isShown = true;
};
// The list first: what enrols is needed later. What is dropped until then waits.
/** @type {{ files: File[], dropped: DroppedFile[] }[]} */
const early = [];
/** @param {File[]} files @param {DroppedFile[]} dropped */
let takeDropped = (files, dropped) => void early.push({ files, dropped });
const form = /** @type {HTMLFormElement} */ (document.getElementById('upload'));
acceptDrops(document.documentElement, form, (files, dropped) => takeDropped(files, dropped));
await list.reload();
try {
  await mountIntake();
} catch (error) {
  $('#people-notice').append(failureNotice(error, t, () => location.reload()));
}

async function mountIntake() {
  const [{ Importing }, { takePhotos, Uploads }] = await Promise.all([
    import('./importing.js'),
    import('./uploads.js'),
    loadBootstrap(),
  ]);
  const refresh = () => {
    void list.refresh();
    void refreshStatus();
  };
  const importing = new Importing(t, refresh);
  await importing.ready;
  const uploads = new Uploads(t, refresh, importing);
  takeDropped = (files, dropped) => void uploads.takeDropped(files, dropped);
  for (const { files, dropped } of early) await uploads.takeDropped(files, dropped);
  for (const input of form.querySelectorAll('input[type=file]')) {
    if (/** @type {HTMLInputElement} */ (input).files?.length) input.dispatchEvent(new Event('change'));
  }
  const shared = await takeSharedPhotos();
  if (shared.length === 0) return;
  history.replaceState(null, '', location.pathname);
  takePhotos(shared);
}

/** The drop zone is folded once anyone is enrolled, until it is opened. @param {boolean} isPopulated */
function foldIntake(isPopulated) {
  const button = $('#unfold');
  if (button.attr('aria-expanded') === 'true') return;
  button.prop('hidden', !isPopulated).off('click').on('click', unfoldIntake);
  $('#intake').toggleClass('folded', isPopulated);
}

function unfoldIntake() {
  $('#unfold').attr('aria-expanded', 'true').prop('hidden', true);
  $('#intake').removeClass('folded');
  $('#photos').trigger('focus');
}
