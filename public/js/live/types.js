/**
 * What the modules of the live page hand each other.
 * @import { RecognizedFace } from '../api-types.js'
 *
 * @typedef {{ x: number, y: number, width: number, height: number }} RelativeBox parts of the picture: 0..1 from left to right and from top to bottom; may stick out
 * @typedef {Pick<RecognizedFace, 'name' | 'distance' | 'nearest' | 'runnerUp'> & { trained: boolean }} Sighting what the server said of one face in one frame; `trained`: by a matcher that knows more than distances
 * @typedef {Sighting & { box: RelativeBox }} SeenFace
 *
 * @typedef {'known' | 'doubtful' | 'unknown'} Certainty
 * @typedef {'edge' | 'runnerUp' | null} Doubt why it is doubtful: near the threshold, or somebody else almost as near
 * @typedef {{ certainty: Certainty, name: string | null, doubt: Doubt }} Decision `name` is null beyond the threshold
 */

export {};
