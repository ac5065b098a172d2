import $ from '../../vendor/jquery/jquery.module.min.js';
import { rostro } from '../api.js';
import { ignoreMissedDrops } from '../drop.js';
import { createTranslator } from '../i18n.js';
import { failureNotice, waitingNotice } from '../notice.js';
import { whenReady } from '../retry.js';
import { mountShell } from '../shell.js';
import common from '../strings/common.js';
import compare from '../strings/compare.js';
import { PhotoSlot } from './photo-slot.js';
import { verdict } from './verdict.js';

const { t } = createTranslator(common, compare);
mountShell({ page: 'compare', t });
ignoreMissedDrops();

/** @type {PhotoSlot[]} */
const slots = $('.slot')
  .toArray()
  .map(
    (section, index) => new PhotoSlot(section, t, { onFiles: (files) => take(files, index), onChange: compareBoth }),
  );
let request = new AbortController();

void offerGuesses();

/** Shows the switch where the server allows guesses. It is off on every visit. */
async function offerGuesses() {
  const status = await whenReady(() => rostro.status()).catch(() => null);
  const box = $('#guess');
  box.prop('checked', false).on('change', () => slots.forEach((slot) => slot.guess(box.is(':checked'))));
  $('#guessing').prop('hidden', !status?.attributes);
}

/** Two files at once fill both slots. @param {File[]} files @param {number} index of the slot that received them */
function take(files, index) {
  files.slice(0, slots.length).forEach((file, offset) => void slots[(index + offset) % slots.length].take(file));
}

/** Compares when both photos have a face; removes the previous result. */
async function compareBoth() {
  request.abort();
  const { signal } = (request = new AbortController());
  const place = $('#verdict').empty();
  const [first, second] = slots.map(({ ready }) => ready);
  if (!first || !second) return;
  place.append(waitingNotice(t('compare.comparing')));
  try {
    const answer = await whenReady(() => rostro.verify(first, second, { signal }));
    if (!signal.aborted) place.empty().append(verdict(answer, t));
  } catch (error) {
    if (!signal.aborted) place.empty().append(failureNotice(error, t, () => void compareBoth()));
  }
}
