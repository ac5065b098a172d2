import { LiveSession } from '../src/live/live-session.js';
import { fixedMatcherSource } from '../src/matching/matcher.js';
import { NearestMatcher } from '../src/matching/nearest.js';
import { loadPipeline } from '../src/faces/pipeline/load.js';
import { cameraFrames, FRAMES_PER_SECOND } from '../test/helpers/camera.js';
import { sharedPath } from '../test/helpers/shared.js';
import { report, sideBySide } from './support/harness.js';
import { oneFaceFrame, specOf } from './support/setting.js';

/**
 * Cost of the liveness check: a webcam frame with one face, from bytes to the embedding, with the check over without it;
 * and frames per second of a live session that follows and judges four faces. MTCNN from 40 px, MobileFaceNet.
 *
 *   npx tsx bench/liveness.ts
 */
const networks = { DETECTOR: 'mtcnn', EMBEDDER: 'mobilefacenet', DETECT_MIN_FACE_PX: '40' };
const [without, judging] = await Promise.all([
  loadPipeline(specOf(networks)),
  loadPipeline(specOf({ ...networks, LIVENESS: 'report' })),
]);
const jpeg = await oneFaceFrame();
const { faces } = await judging.run('analyse', { bytes: jpeg });
if (faces.length !== 1 || typeof faces[0].live?.score !== 'number')
  throw new Error('the frame does not show one face that is judged');

const [plain, judged] = await sideBySide(
  [
    { name: 'one face, without the check', run: () => without.run('analyse', { bytes: jpeg }) },
    { name: 'one face, with the check', run: () => judging.run('analyse', { bytes: jpeg }) },
  ] as const,
  { rounds: 100, warmUp: 10 },
);

const FRAMES = 60;
const frames = await cameraFrames(sharedPath('images', 'groups', 'bbt5.jpg'), FRAMES);
const seen = (await judging.run('analyse', { bytes: frames[0] })).faces;
if (seen.length !== 4) throw new Error(`the frames show ${seen.length} faces`);
const people = seen.map((face, i) => ({ name: `person ${i + 1}`, examples: [face] }));
const matcher = fixedMatcherSource(new NearestMatcher({ version: 1, people: () => people })).current();
const naming = { matcher, threshold: judging.info.contract.threshold, options: {}, galleryVersion: 1 };
let frame = 0;
const now = () => (frame * 1000) / FRAMES_PER_SECOND;
const session = new LiveSession({ pipeline: judging, detectEvery: 10, now });
const [followed] = await sideBySide(
  [
    {
      name: 'four faces, followed and judged',
      run: () => session.recognize(frames[frame++ % FRAMES], 'report', () => naming),
    },
  ],
  { rounds: 3 * FRAMES, warmUp: FRAMES },
);
report('liveness', [plain, judged, followed], {
  ratio: judged.median / plain.median,
  framesPerSecond: 1000 / followed.mean,
});
