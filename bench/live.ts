import { NearestMatcher } from '../src/matching/nearest.js';
import { loadPipeline } from '../src/faces/pipeline/load.js';
import type { EmbeddedFace, Face } from '../src/faces/pipeline/pipeline.js';
import { fixedMatcherSource } from '../src/matching/matcher.js';
import { fixedThreshold } from '../src/matching/thresholds/threshold-source.js';
import { PersonLookup } from '../src/people/naming.js';
import { LiveSessions } from '../src/live/live-sessions.js';
import { RecognitionService } from '../src/people/recognition.js';
import { sharedPath } from '../test/helpers/shared.js';
import { cameraFrames, FRAMES_PER_SECOND } from '../test/helpers/camera.js';
import { report, sideBySide, type Timing } from './support/harness.js';
import { specOf } from './support/setting.js';

/**
 * Gain from tracking: frames per second of a camera whose faces are tracked, relative to frames per second with every
 * frame searched and every face embedded, for one face and for four. Tracked faces must have the same names: no other
 * name in any frame, and none less often than in the searched frames, in which the detector sometimes misses a face.
 * MTCNN from 40 px, FaceNet. The session uses the clock of the camera.
 *
 *   npx tsx bench/live.ts
 */
const FRAMES = 60;
const pipeline = await loadPipeline(specOf({ DETECTOR: 'mtcnn', EMBEDDER: 'facenet', DETECT_MIN_FACE_PX: '40' }));

async function measure(photo: string, faces: number): Promise<{ timings: Timing[]; ratio: number }> {
  const frames = await cameraFrames(photo, FRAMES);
  const seen = fromLeftToRight((await pipeline.run('analyse', { bytes: frames[0] })).faces);
  if (seen.length !== faces) throw new Error(`${photo} shows ${seen.length} faces`);
  const gallery = { version: 1, people: () => seen.map((face, i) => person(i, face)) };
  const matching = fixedMatcherSource(new NearestMatcher(gallery));
  const directory = new PersonLookup({ version: 1, people: () => [] });
  const recognition = new RecognitionService(
    pipeline,
    matching,
    directory,
    fixedThreshold(pipeline.info.contract.threshold),
  );
  let frame = 0;
  const now = () => (frame * 1000) / FRAMES_PER_SECOND;
  const live = new LiveSessions({
    pipeline,
    matching,
    gallery,
    lookup: directory,
    recognition,
    detectEvery: 10,
    maxSessions: 9,
    now,
  });
  const names: Names = { searched: [], followed: [] };
  const [searched, followed] = await sideBySide(
    [
      {
        name: `${faces} faces, every frame searched and embedded`,
        run: async () => names.searched.push(namesOf((await recognition.recognize(frames[frame % FRAMES])).faces)),
      },
      {
        name: `${faces} faces, followed`,
        run: async () => {
          names.followed.push(namesOf((await live.recognize('the-camera', frames[frame % FRAMES])).faces));
          frame++;
        },
      },
    ] as const,
    { rounds: 3 * FRAMES, warmUp: FRAMES },
  );
  live.close();
  checkNames(names, seen.length);
  return { timings: [searched, followed], ratio: searched.mean / followed.mean };
}

function person(index: number, { embedding }: EmbeddedFace) {
  return { name: `person ${index + 1}`, examples: [{ embedding }] };
}

/** The names in each frame, from left to right. */
interface Names {
  readonly searched: string[][];
  readonly followed: string[][];
}

/** The people are side by side in every frame, so a list in another order contains a wrong name. */
function checkNames({ searched, followed }: Names, people: number): void {
  for (const list of [...searched, ...followed]) {
    const inOrder = [...new Set(list)].sort();
    if (inOrder.join() !== list.join()) throw new Error(`a frame has wrong names: ${list.join(', ')}`);
  }
  const [inSearched, inFollowed] = [searched, followed].map((lists) => lists.flat().length);
  const all = searched.length * people;
  console.log(`right names: searched ${inSearched}, followed ${inFollowed} of ${all}; wrong ones: 0`);
  if (inFollowed < inSearched) throw new Error('followed faces lose names');
}

function namesOf(faces: readonly (Face & { readonly name: string | null })[]): string[] {
  return fromLeftToRight(faces).flatMap(({ name }) => name ?? []);
}

function fromLeftToRight<T extends Face>(faces: readonly T[]): T[] {
  return faces.toSorted((a, b) => a.box.x - b.box.x);
}

const one = await measure(sharedPath('images', 'portraits', 'angelina_jolie.jpg'), 1);
const four = await measure(sharedPath('images', 'groups', 'bbt5.jpg'), 4);
report('live', [...one.timings, ...four.timings], {
  ratio: Math.min(one.ratio, four.ratio),
  oneFace: one.ratio,
  fourFaces: four.ratio,
});
