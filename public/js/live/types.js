/**
 * Types shared by the modules of the live page.
 * @import { FollowedFace, LiveRecognition, RecognizedFace } from '/client/index.js'
 *
 * @typedef {{ x: number, y: number, width: number, height: number }} RelativeBox parts of the picture: 0..1 from left to right and from top to bottom; may stick out
 * @typedef {Pick<RecognizedFace, 'name' | 'distance' | 'falseMatchRate' | 'nearest' | 'runnerUp' | 'withheld'> & Partial<Pick<RecognizedFace, 'live'>> & { trained: boolean, cutOff?: boolean }} Sighting what the server said of one face in one frame; `trained`: by a matcher that knows more than distances
 * @typedef {{ session: string, number: number }} ServerTrack numbers of different sessions have nothing to do with each other
 * @typedef {Sighting & { box: RelativeBox, serverTrack: ServerTrack | null }} SeenFace `serverTrack` is null where the server does not follow the face
 * @typedef {RecognizedFace & Partial<FollowedFace>} AnsweredFace `track` and `looks` where the server follows it
 * @typedef {Omit<LiveRecognition, 'faces' | 'found'> & { faces: AnsweredFace[], session?: string, found?: LiveRecognition['found'] }} LiveAnswer
 *
 * @typedef {'known' | 'doubtful' | 'unknown'} Certainty
 * @typedef {'edge' | 'runnerUp' | 'cutOff' | 'spoof' | null} Doubt why it is doubtful: near the threshold, another person almost as near, cut by the edge of the picture, or a picture of a person
 * @typedef {{ certainty: Certainty, name: string | null, doubt: Doubt }} Decision `name` is null beyond the threshold
 */

export {};
