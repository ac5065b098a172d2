import { RostroApiError } from '../../client/index.js';
import $ from '../../vendor/jquery/jquery.module.min.js';
import { rostro } from '../api.js';
import { withConsent } from '../consent.js';
import { describeError } from '../describe-error.js';
import { createTranslator } from '../i18n.js';
import { may } from '../session.js';
import { mountShell, refreshStatus } from '../shell.js';
import common from '../strings/common.js';
import live from '../strings/live.js';
import { Camera } from './camera.js';
import { CameraChoice } from './camera-choice.js';
import { LiveChannel } from './channel.js';
import { EnrolDialog } from './enrol-dialog.js';
import { enrolFromFrames } from './enrolment.js';
import { FrameGrabber } from './frames.js';
import { RecognitionLoop } from './loop.js';
import { NewFrames } from './new-frames.js';
import { showCorrected, showEnrolled, showLegend, showShieldLegend, stageNotice } from './notices.js';
import { Power } from './power.js';
import { LiveSession } from './session.js';
import { Stage } from './stage.js';
import { LiveViews } from './views.js';
import { watchCameras, watchPage, watchQuitKey } from './watch.js';

/**
 * @import { AnsweredFrame, Picture } from './loop.js'
 * @import { LiveAnswer } from './types.js'
 */

const FRAME_WIDTH_PX = 640;

const { t } = createTranslator(common, live);
mountShell({ page: 'live', t });
showLegend(t);

const session = new LiveSession();
/** @type {Stage} */
const stage = new Stage($('#stage')[0], {
  tracks: session.tracks,
  lookOf: (track) => views.lookOf(track),
  onExpired: forgetFaces,
});
const grabber = new FrameGrabber(stage.video);
const frames = new NewFrames(stage.video);
/** The frame of the last response. @type {Picture} */
let picture = document.createElement('canvas');
const channel = new LiveChannel({
  connect: () => rostro.live(),
  // A frame that had to wait is outdated: sends the next one instead.
  post: (frame, options) => rostro.recognize(frame, { ...options, retries: 0 }),
});
const loop = new RecognitionLoop({
  grab: async () => {
    await frames.next();
    return grabber.scaled(FRAME_WIDTH_PX);
  },
  mayOverlap: () => channel.isConnected,
  recognize: (frame, options) => channel.recognize(frame, options),
  onAnswer: takeFrame,
  onTrouble: showTrouble,
});
const dialog = new EnrolDialog({
  t,
  enrol,
  onEnrolled: (outcome) => {
    showEnrolled(outcome, t);
    void refreshStatus();
  },
});
const views = new LiveViews({
  session,
  video: stage.video,
  t,
  onEnrol: (track) => dialog.open(track, picture),
  onWrong: (name) => void takeNameAway(name),
});
const camera = new Camera(stage.video, {
  onLost: () => power.halt('lost'),
  onMuted: (muted) => stageNotice('camera-notice', muted ? t('live.muted') : ''),
});
const power = new Power({ camera, t, onRunning: run, onHalted: rest });
const choice = new CameraChoice(camera, t, () => void power.start());

watchQuitKey(() => power.stop());
watchCameras({
  onPlugged: () => {
    if (power.state === 'running') void choice.show();
    else if (power.state === 'lost' || power.state === 'none') void power.start();
  },
  onAllowed: () => power.state === 'refused' && void power.start(),
});
watchPage({
  onHidden: () => {
    void loop.hold('hidden').then(() => document.hidden && channel.close());
    forgetFaces();
  },
  onShown: () => {
    session.meter.clear();
    loop.release('hidden');
    power.resume();
  },
  onLeft: () => power.stop(),
});
stage.onFace((track) => {
  void may('enrol').then((allowed) => allowed && session.mayEnrol(track.face) && dialog.open(track, picture));
});

function run() {
  stage.start();
  loop.start();
  void choice.show();
}

function rest() {
  loop.stop();
  channel.close();
  stage.stop();
  dialog.close();
  session.meter.clear();
  views.meter.clear();
  stageNotice('camera-notice', '');
  showServer('ok', '');
  $('#enrol-notice').empty();
  forgetFaces();
}

function forgetFaces() {
  session.tracks.clear();
  views.cleared(picture);
}

/** @param {AnsweredFrame} frame */
function takeFrame({ answer, picture: shown, ...times }) {
  session.meter.add({ ...times, timingsMs: answer.timingsMs, found: answer.found });
  picture = shown;
  takeAnswer(answer);
  if ($('#live').attr('data-server') === 'ok') return;
  showServer('ok', '');
  void refreshStatus();
}

/** @param {LiveAnswer} answer */
function takeAnswer(answer) {
  const now = performance.now();
  session.take(answer, now);
  showShieldLegend(answer.model.liveness !== 'off');
  views.answered(picture, now);
}

/** @param {unknown} error */
function showTrouble(error) {
  const code = error instanceof RostroApiError ? error.code : 'internal';
  const problem = describeError(error, t);
  showServer(code, code === 'not_ready' ? problem : t('live.keepsTrying', { problem }));
}

/** @param {string} state @param {string} text */
function showServer(state, text) {
  $('#live').attr('data-server', state);
  stageNotice('server-notice', text);
}

/** Recognition pauses until the enrolment has its three frames. @type {import('./enrol-dialog.js').EnrolDialogParts['enrol']} */
async function enrol(name, face, onProgress, signal) {
  await loop.hold('enrolment');
  const parts = {
    grab: async () => {
      const frame = await grabber.full();
      if (frame) picture = frame.picture;
      return frame;
    },
    recognize: (/** @type {Blob} */ photo) => rostro.recognize(photo),
    upload: (/** @type {Blob} */ photo, /** @type {{ name: string, face: number }} */ who) =>
      withConsent((consent) => rostro.enrol(photo, { ...who, consent, webcam: true })),
    onAnswer: takeAnswer,
    onProgress,
  };
  const outcome = await enrolFromFrames(name, face, parts, signal);
  session.meter.clear();
  loop.release('enrolment');
  return outcome;
}

/** The face that has the name in the next frame becomes a negative of the person. @param {string} name */
async function takeNameAway(name) {
  await loop.hold('correction');
  try {
    const photo = (await grabber.full())?.blob;
    const answer = photo && (await rostro.recognize(photo));
    const face = answer ? answer.faces.findIndex((seen) => seen.name === name) : -1;
    if (!photo || face < 0) return showCorrected({ name, error: null }, t);
    const { negative } = await rostro.people.addNegative(name, photo, { face });
    showCorrected({ name, error: null, undo: () => rostro.people.deleteNegative(name, negative.id) }, t);
  } catch (error) {
    showCorrected({ name, error }, t);
  } finally {
    loop.release('correction');
  }
}
