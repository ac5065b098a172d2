import { describe, expect, it } from 'vitest';
import { judgeLook, LOOKS } from '../../../public/js/people/looks.js';

const image = { width: 640, height: 480 };
const box = { x: 240, y: 140, width: 150, height: 190 };
const front = { yaw: 6, pitch: -5 };

function judged(look: (typeof LOOKS)[number], yaw: number, pitch: number, change: object = {}) {
  const face = { box, confidence: 1, landmarks: null, live: null, attributes: { pose: { yaw, pitch, roll: 0 } } };
  const { amount, hint } = judgeLook({ image, rotated: 0, faces: [{ ...face, ...change }] } as never, look, front);
  return [Math.round(100 * amount) / 100, hint];
}

describe('whether a picture shows a look', () => {
  it.each([
    ['front', 6, -5],
    ['left', 24, -5],
    ['right', -12, -5],
    ['up', 6, 6],
    ['down', 6, -16],
  ] as const)('%s, from its least angle on', (look, yaw, pitch) => {
    expect(judged(look, yaw, pitch)).toEqual([1, null]);
  });

  it('tells how far the head is turned, and never counts the wrong way', () => {
    expect(judged('left', 15, -5)).toEqual([0.5, null]);
    expect(judged('left', -30, -5)).toEqual([0, null]);
    expect(judged('front', 25, 0)[0]).toBe(0);
  });

  it('asks for less where the face would be turned away', () => {
    expect(judged('left', 46, -5)).toEqual([0, 'webcam.less']);
    expect(judged('up', 6, 41)).toEqual([0, 'webcam.less']);
  });

  it('says what is in the way', () => {
    expect(judged('front', 0, 0, { box: { ...box, width: 60 } })[1]).toBe('verify.hint.come_closer');
    expect(judged('front', 0, 0, { box: { ...box, width: 530, x: 50 } })[1]).toBe('verify.hint.go_back');
    expect(judged('front', 0, 0, { box: { ...box, x: -20 } })[1]).toBe('verify.hint.move_to_centre');
    expect(judged('front', 0, 0, { attributes: { pose: null } })[1]).toBe('webcam.noPose');
    const nobody = judgeLook({ image, rotated: 0, faces: [] } as never, 'front', front);
    expect(nobody).toMatchObject({ hint: 'verify.hint.no_face', face: null });
    const two = { image, rotated: 0, faces: [{ box }, { box: { ...box, width: 100 } }] };
    expect(judgeLook(two as never, 'front', front)).toMatchObject({ hint: 'verify.hint.one_person', face: null });
    const lying = { image, rotated: 180, faces: [{ box }] };
    expect(judgeLook(lying as never, 'front', front)).toMatchObject({ amount: 0, face: null });
  });
});
