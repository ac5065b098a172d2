import { describe, expect, it } from 'vitest';
import type { Landmarks5 } from '../../../../src/faces/image/box.js';
import { poseOf } from '../../../../src/faces/image/pose.js';

/**
 * An average head seen by a far camera: eyes 100 apart at height 0, mouth 108 under them, the tip of the nose at 54 % of
 * that and 42 before them, then turned. Rotations by hand: yaw about the vertical axis, pitch about the horizontal one,
 * roll in the picture. z points to the camera, y down.
 */
function head({ yaw = 0, pitch = 0, roll = 0 }): Landmarks5 {
  const [a, b, c] = [yaw, pitch, roll].map((degrees) => (degrees * Math.PI) / 180);
  const points = [
    [-50, 0, 0],
    [50, 0, 0],
    [0, 0.54 * 108, 42],
    [-40, 108, 0],
    [40, 108, 0],
  ].map(([x, y, z]) => {
    const x1 = x * Math.cos(a) + z * Math.sin(a);
    const z1 = z * Math.cos(a) - x * Math.sin(a);
    const y1 = y * Math.cos(b) - z1 * Math.sin(b);
    return { x: 300 + x1 * Math.cos(c) - y1 * Math.sin(c), y: 200 + x1 * Math.sin(c) + y1 * Math.cos(c) };
  });
  return points as unknown as Landmarks5;
}

describe('the pose of a head', () => {
  it.each([
    [{}, { yaw: 0, pitch: 0, roll: 0 }],
    [{ yaw: 30 }, { yaw: 30, pitch: 0, roll: 0 }],
    [{ yaw: -45 }, { yaw: -45, pitch: 0, roll: 0 }],
    [{ pitch: 20 }, { yaw: 0, pitch: 20, roll: 0 }],
    [{ pitch: -20 }, { yaw: 0, pitch: -20, roll: 0 }],
    [{ roll: 35 }, { yaw: 0, pitch: 0, roll: 35 }],
    [{ roll: -80 }, { yaw: 0, pitch: 0, roll: -80 }],
    [
      { yaw: 25, roll: 20 },
      { yaw: 25, pitch: 0, roll: 20 },
    ],
    [
      { pitch: -15, roll: -30 },
      { yaw: 0, pitch: -15, roll: -30 },
    ],
  ])('turned by %o is estimated', (turned, expected) => {
    const { yaw, pitch, roll } = poseOf(head(turned))!;
    expect(yaw).toBeCloseTo(expected.yaw, 6);
    expect(pitch).toBeCloseTo(expected.pitch, 6);
    expect(roll).toBeCloseTo(expected.roll, 6);
  });

  it('turned both ways at once is estimated within five degrees', () => {
    const { yaw, pitch } = poseOf(head({ yaw: 25, pitch: 15 }))!;
    expect(Math.abs(yaw - 25)).toBeLessThan(5);
    expect(Math.abs(pitch - 15)).toBeLessThan(5);
  });

  it('does not depend on the size of the face', () => {
    const small = head({ yaw: 20, roll: 10 }).map(({ x, y }) => ({ x: x / 7, y: y / 7 })) as unknown as Landmarks5;
    expect(poseOf(small)!.yaw).toBeCloseTo(20, 6);
  });

  it('is unknown where the points are no face', () => {
    const nowhere = { x: 5, y: 5 };
    expect(poseOf([nowhere, nowhere, nowhere, nowhere, nowhere])).toBeNull();
    const [left, right, nose] = head({});
    expect(poseOf([left, right, nose, { x: 280, y: 100 }, { x: 320, y: 100 }])).toBeNull();
  });
});
