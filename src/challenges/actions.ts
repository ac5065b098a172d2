/**
 * What a person can be asked to do. Left and right are the person's own: after `turn_left` the nose points to the right
 * edge of the camera's picture (yaw > 0), and to the left edge of a page that shows this picture mirrored.
 */
export const ACTIONS = ['turn_left', 'turn_right', 'look_up', 'blink', 'smile', 'come_closer'] as const;
export type Action = (typeof ACTIONS)[number];

/** The actions that a flat picture cannot do. */
export const TURNS: readonly Action[] = ['turn_left', 'turn_right', 'look_up'];

const ACTIONS_DRAWN = 3;
/** Photos that were bent and turned as asked showed one turn more often than two. */
const TURNS_DRAWN = 2;

/**
 * Draws the actions of a challenge: three different ones in random order (fewer where fewer are possible), of which at least
 * two turn the head, because a flat picture cannot do that. A recording of other actions contains two in the right order
 * too often.
 * @param random 0 (included) to 1 (excluded); cryptographically secure in the server
 * @param without actions that the person cannot do; there may be fewer turns then
 */
export function drawActions(random: () => number, without: readonly Action[] = []): Action[] {
  const possible = ACTIONS.filter((action) => !without.includes(action));
  const drawn: Action[] = [];
  const count = Math.min(ACTIONS_DRAWN, possible.length);
  while (drawn.length < count) {
    const left = possible.filter((action) => !drawn.includes(action));
    const turns = left.filter((action) => TURNS.includes(action));
    const from = drawn.length < TURNS_DRAWN && turns.length > 0 ? turns : left;
    drawn.splice(Math.floor(random() * (drawn.length + 1)), 0, from[Math.floor(random() * from.length)]);
  }
  return drawn;
}
