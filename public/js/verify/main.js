import $ from '../../vendor/jquery/jquery.module.min.js';
import { createTranslator } from '../i18n.js';
import { Camera, CameraError } from '../live/camera.js';
import { FrameGrabber } from '../live/frames.js';
import { failureNotice } from '../notice.js';
import { mountShell } from '../shell.js';
import common from '../strings/common.js';
import live from '../strings/live.js';
import verify from '../strings/verify.js';
import { figure } from './figures.js';
import { runChallenge } from './run.js';
import { Voice } from './voice.js';

/** @import { Challenge, ChallengeAction, ChallengeResult } from '../../client/index.js' */

/** A hint is spoken when it has stayed for so long. */
const HINT_SPOKEN_AFTER_MS = 1500;
/** As many as `POST /challenges` takes. */
const MOST_WITHOUT = 3;

const { t, language } = createTranslator(common, live, verify);
mountShell({ page: 'verify', t });

const page = $('#verify');
const video = /** @type {HTMLVideoElement} */ (document.querySelector('video'));
const camera = new Camera(video, { onLost: () => stop('camera.lost'), onMuted: () => undefined });
const grabber = new FrameGrabber(video);
const voice = new Voice(language);
const wanted = new URLSearchParams(location.search);

/** Actions that the person cannot do. @type {ChallengeAction[]} */
const without = [];
let run = new AbortController();
/** @type {ChallengeAction | undefined} */
let current;
/** @type {string | null} */
let token = null;
/** The instruction, and since when. */
let shown = { text: '', since: 0 };

const person = wanted.get('person');
if (person) $('#lead').text(t('verify.leadFor', { name: person }));
$('#start').on('click', () => void start());
$('#stop').on('click', () => stop());
$('#cannot').on('click', () => {
  if (current) without.push(current);
  void start();
});
$('#copy').on('click', () => void copyToken());
$('#voice').on('click', () => {
  voice.isOn = !voice.isOn;
  showVoice();
});
window.addEventListener('pagehide', () => stop());
showVoice();

/** Begins a challenge, instead of the one that runs. */
async function start() {
  run.abort();
  const { signal } = (run = new AbortController());
  current = undefined;
  show('starting', '', t('verify.starting'));
  try {
    if (camera.current === null && !(await camera.start())) return;
    const options = {
      without: [...without],
      person: person ?? undefined,
      group: wanted.get('group') ?? undefined,
      audience: wanted.get('audience') ?? undefined,
    };
    const result = await runChallenge(grabber, options, showState, signal);
    if (!signal.aborted) end(result);
  } catch (error) {
    if (!signal.aborted) fail(error);
  }
}

/** @param {string} [reason] key of a text */
function stop(reason) {
  run.abort();
  camera.stop();
  voice.stop();
  show('idle', reason ? t(`${reason}.title`) : '', reason ? t(`${reason}.text`) : '');
}

/** While there is a hint, it takes the place of the action. @param {Challenge} state */
function showState({ actions, step, done, hint, state, msLeft }) {
  if (state !== 'running') return;
  page.attr('data-state', 'running');
  setRing((step + done) / actions.length);
  current = actions[Math.min(step, actions.length - 1)];
  const text = hint === null ? t(`verify.do.${current}`) : t(`verify.hint.${hint}`);
  if (text !== shown.text) {
    showSteps(actions, step);
    instruct(text, hint === null ? current : undefined, hint === null);
    $('#cannot').toggle(without.length < MOST_WITHOUT);
  } else if (hint !== null && performance.now() - shown.since > HINT_SPOKEN_AFTER_MS) {
    shown.since = Infinity;
    voice.say(text);
  }
  // Changes too often for a screen reader.
  $('#hint')
    .attr('aria-live', 'off')
    .text(t('verify.left', { count: Math.ceil(msLeft / 1000) }));
}

/** @param {readonly ChallengeAction[]} actions @param {number} step */
function showSteps(actions, step) {
  const steps = actions.map((action, i) =>
    $('<li>')
      .attr({ 'data-done': i < step ? '' : null, 'aria-current': i === step ? 'step' : null })
      .append($('<span class="visually-hidden">').text(t(`verify.do.${action}`))),
  );
  $('#steps').empty().append(steps);
}

/** @param {ChallengeResult} result */
function end({ state, failure, person: passed, token: given }) {
  camera.stop();
  token = given;
  const isPassed = state === 'passed';
  const name = passed?.name;
  const text = !isPassed ? t('verify.failed') : name ? t('verify.passed', { name }) : t('verify.passedUnknown');
  setRing(1);
  show(
    isPassed ? 'passed' : 'failed',
    text,
    isPassed ? '' : t(`verify.failure.${failure}`),
    isPassed ? 'passed' : 'failed',
  );
  $('#start').text(t('verify.again'));
  $('#copy').attr('hidden', given === null ? '' : null);
}

/** @param {unknown} error */
function fail(error) {
  camera.stop();
  if (!(error instanceof CameraError)) {
    show('idle', '', '');
    $('#notice').append(failureNotice(error, t, () => void start()));
    return;
  }
  show('idle', t(`camera.${error.fault}.title`), t(`camera.${error.fault}.text`));
  if (error.fault === 'insecure') $('#hint').append(' ', t('camera.insecure.https'), ' rostro serve --https');
}

/** @param {string} state @param {string} instruction @param {string} text @param {string} [drawing] */
function show(state, instruction, text, drawing) {
  page.attr('data-state', state);
  $('#notice').empty();
  $('#copy').attr('hidden', '');
  $('#steps').empty();
  if (!drawing) setRing(0);
  instruct(instruction, drawing);
  $('#hint').attr('aria-live', 'polite').text(text);
}

/** @param {string} text @param {string} [drawing] @param {boolean} [spoken] at once */
function instruct(text, drawing, spoken = true) {
  shown = { text, since: performance.now() };
  $('#instruction').text(text);
  $('#figure')
    .attr('data-action', drawing ?? '')
    .empty();
  if (drawing) $('#figure').append(figure(drawing));
  if (spoken) voice.say(text);
}

/** @param {number} share 0..1 */
function setRing(share) {
  $('#ring').css('stroke-dasharray', `${Math.min(100, Math.round(share * 100))} 100`);
}

function showVoice() {
  $('#voice')
    .attr({ 'aria-pressed': String(voice.isOn), hidden: voice.exists ? null : '' })
    .text(t(voice.isOn ? 'verify.voiceOn' : 'verify.voiceOff'));
}

async function copyToken() {
  if (token === null) return;
  await navigator.clipboard.writeText(token);
  $('#copy').text(t('verify.copied'));
}
