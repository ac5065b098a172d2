import { describe, expect, it } from 'vitest';
import { type Action, ACTIONS, CHALLENGE_MS, drawActions, type Progress } from '../../../src/challenges/challenge.js';
import { TURNS } from '../../../src/challenges/actions.js';
import type { Observation } from '../../../src/challenges/observation.js';
import { seededRandom } from '../../../src/shared/statistics/random.js';
import { type ActorMaker, ATTACKS, follower, newRun, perform, play } from '../../helpers/challenge-runs.js';
import { landmarkCamera, newPerson } from '../../helpers/landmark-camera.js';
import { RESTING } from '../../helpers/head.js';

const person = (random: () => number) => follower(random);

describe('a challenge', () => {
  it.each(ACTIONS)('sees a person do it: %s', (action) => {
    expect(perform(seededRandom(1), person, newRun(seededRandom(2), [action]))).toMatchObject({
      state: 'passed',
      done: 0,
    });
  });

  it.each([1, 2, 3, 4, 5, 6])('passes a person who does all that is asked (%i)', (seed) => {
    expect(perform(seededRandom(seed), person)).toMatchObject({
      state: 'passed',
      step: 3,
      failure: null,
      hint: null,
    });
  });

  const { 'bent photo that follows': bentPhoto, ...attacks } = ATTACKS;
  const ends = (attack: ActorMaker) => [1, 2, 3, 4, 5].map((seed) => perform(seededRandom(seed), attack).state);
  it.each(Object.entries(attacks))('refuses: %s', (_, attack) => {
    expect(ends(attack)).not.toContain('passed');
  });

  it('refuses most photos that are bent as the prompts ask', () => {
    expect(ends(bentPhoto).filter((state) => state === 'failed').length).toBeGreaterThanOrEqual(4);
  });

  it('leaves out one frame of another face, and fails at the second', () => {
    const random = seededRandom(3);
    const camera = landmarkCamera(random, [newPerson(random), newPerson(random)]);
    const { challenge } = newRun(random, ['smile']);
    const show = (at: number, person: number) => challenge.observe(camera(at, { person, state: RESTING }));
    for (let at = 0; at < 1000; at += 100) show(at, at === 500 ? 1 : 0);
    expect(challenge.progress()).toMatchObject({ state: 'running', hint: null });
    show(1000, 1);
    expect(show(1100, 1)).toMatchObject({ state: 'failed', failure: 'another_person' });
  });

  it('takes left and right as those of the person', () => {
    const turning = (yaw: number) => acting('turn_left', { yaw });
    expect(turning(30)).toMatchObject({ state: 'running', hint: 'look_ahead', done: 1 });
    expect(turning(-30)).toMatchObject({ state: 'failed', failure: 'wrong_action' });
  });

  it('asks for one person, and begins again after a second', () => {
    const { run, frame } = standing(['smile']);
    for (let at = 0; at < 1000; at += 80) run.challenge.observe(frame(at));
    expect(run.challenge.progress().hint).toBeNull();
    const two = (at: number): Observation => ({ ...frame(at), faces: [...frame(at).faces, ...frame(at).faces] });
    for (let at = 1000; at < 2500; at += 80) expect(run.challenge.observe(two(at)).hint).toBe('one_person');
    expect(run.challenge.observe(frame(2500))).toMatchObject({ state: 'running', step: 0, hint: 'look_ahead' });
  });

  it('says what is in the way', () => {
    const { run, frame } = standing(['smile']);
    const seen = frame(0);
    const [face] = seen.faces;
    const observe = (at: number, faces: Observation['faces']) => run.challenge.observe({ ...seen, at, faces }).hint;
    expect(observe(1, [])).toBe('no_face');
    expect(observe(2, [{ ...face, brightness: 0.05 }])).toBe('too_dark');
    expect(observe(3, [{ ...face, box: { ...face.box, width: 40, height: 50 } }])).toBe('come_closer');
    expect(observe(4, [{ ...face, box: { ...face.box, width: 600 } }])).toBe('go_back');
    expect(observe(5, [{ ...face, box: { ...face.box, x: 580 } }])).toBe('move_to_centre');
    expect(observe(6, [face])).toBe('look_ahead');
  });

  it('ends when the time is over, and then stays as it is', () => {
    const { run, frame } = standing(['smile']);
    expect(run.challenge.progress(CHALLENGE_MS).state).toBe('running');
    const over = run.challenge.observe(frame(CHALLENGE_MS + 1));
    expect(over).toMatchObject({ state: 'failed', failure: 'time_over' });
    expect(run.challenge.observe(frame(CHALLENGE_MS + 100))).toEqual(over);
  });

  it('fails a run that the passive check calls a picture', () => {
    const random = seededRandom(1);
    const camera = landmarkCamera(random, [newPerson(random)]);
    const follow = follower(random);
    const live = { score: 0.01, verdict: 'spoof', why: 'below_threshold' } as const;
    const last = play(newRun(random), (at, progress) => {
      const seen = camera(at, follow(at, progress));
      return { ...seen, faces: seen.faces.map((face) => ({ ...face, live })) };
    });
    expect(last).toMatchObject({ state: 'failed', failure: 'spoof' });
  });

  it('begins only where the passive check can judge the face', () => {
    const { run, frame } = standing(['smile']);
    const dark = { score: 0.9, verdict: 'unsure', why: 'too_dark' } as const;
    for (let at = 100; at < 2000; at += 100) {
      const { faces, ...seen } = frame(at);
      const progress = run.challenge.observe({ ...seen, faces: faces.map((face) => ({ ...face, live: dark })) });
      expect(progress.hint).toBe('too_dark');
    }
    expect(run.challenge.looks).toHaveLength(0);
  });
});

describe('drawActions', () => {
  it('draws three different actions, of which two turn the head', () => {
    const random = seededRandom(1);
    for (let i = 0; i < 200; i++) {
      const drawn = drawActions(random);
      expect(new Set(drawn).size).toBe(3);
      expect(drawn.filter((action) => TURNS.includes(action)).length).toBeGreaterThanOrEqual(2);
    }
  });

  it('leaves out what a person cannot do', () => {
    expect(drawActions(seededRandom(1), ['turn_left', 'turn_right', 'look_up', 'smile', 'blink'])).toEqual([
      'come_closer',
    ]);
    expect(drawActions(seededRandom(1), ACTIONS)).toEqual([]);
  });
});

function standing(actions: readonly Action[]) {
  const random = seededRandom(3);
  const camera = landmarkCamera(random, [newPerson(random)]);
  return { run: newRun(random, actions), frame: (at: number) => camera(at, { person: 0, state: RESTING }) };
}

/** Looks ahead for a second, then turns within another. */
function acting(action: Action, to: { yaw: number }): Progress {
  const random = seededRandom(3);
  const camera = landmarkCamera(random, [newPerson(random)]);
  const { challenge } = newRun(random, [action]);
  let progress = challenge.progress();
  for (let at = 0; at < 2000; at += 80) {
    const yaw = to.yaw * Math.min(Math.max((at - 1000) / 600, 0), 1);
    progress = challenge.observe(camera(at, { person: 0, state: { ...RESTING, yaw } }));
  }
  return progress;
}
