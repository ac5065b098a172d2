/**
 * What the server answers, as public/js uses it.
 * @typedef {{ x: number, y: number }} Point pixels of the upright photo
 * @typedef {{ x: number, y: number, width: number, height: number }} Box pixels of the upright photo; may stick out of it
 * @typedef {{ width: number, height: number }} ImageSize
 * @typedef {{ box: Box, confidence: number, landmarks?: Point[] | null }} Face
 *
 * @typedef {{ facePx: number, sharpness: number, brightness: number, contrast: number, pose: { yaw: number, pitch: number, roll: number } | null }} Quality pose in degrees
 * @typedef {Face & { file: string | null, name: string, example: string, crop: string, embedding: string, quality: Quality, warnings: { code: string, message: string }[] }} Enrolled
 *
 * @typedef {object} Match
 * @property {string | null} name null when nobody is within the threshold
 * @property {number | null} distance
 * @property {number} threshold
 * @property {string | null} nearest the nearest person, within the threshold or not
 * @property {{ name: string, distance: number } | null} runnerUp
 * @property {number | null} margin
 * @property {number} [probability] of a trained matcher
 * @typedef {{ track?: number, looks?: number }} Followed in a session only: the same number for as long as the face is followed; how many times it has been embedded
 * @typedef {Face & Match & Followed} RecognizedFace
 * @typedef {{ detector: string, embedder: string, matcher: string, engine: string, provider: string }} ModelInfo
 * @typedef {{ image: ImageSize, faces: RecognizedFace[], model: ModelInfo, timingsMs: Record<'decode' | 'detect' | 'embed' | 'match' | 'total', number>, found?: 'detected' | 'followed' }} Recognition
 *   `found`, in a session only: whether the whole frame was searched, or only the surroundings of the faces of the frame before
 * @typedef {{ image: ImageSize, faces: Face[], timingsMs: Record<'decode' | 'detect', number> }} Detection
 *
 * @typedef {Face & { image: ImageSize, facesFound: number }} ComparedFace
 * @typedef {{ same: boolean, distance: number, threshold: number, faces: [ComparedFace, ComparedFace] }} Verification
 *
 * @typedef {{ name: string, id: string | null, groups: string[], examples: number, addedAt: string | null, thumbnail: string | null }} PersonSummary
 * @typedef {{ name: string, people: number }} Group
 * @typedef {{ people: PersonSummary[], total: number, page: number, size: number }} PeoplePage
 * @typedef {{ id: string, addedAt: string | null, confidence: number | null, quality: Quality | null, crop: string | null }} Example
 * @typedef {{ name: string, id: string | null, metadata: object, groups: string[], examples: Example[] }} Person
 * @typedef {{ name?: string, id?: string | null, groups?: string[] }} PersonChange what is not given stays
 *
 * @typedef {{ threshold: number, far: number | null, frr: number | null, misnamed: number | null }} SearchRates shares of searches
 * @typedef {object} Calibration
 * @property {number} people
 * @property {number} examples
 * @property {number} genuineSearches
 * @property {number} impostorSearches
 * @property {number} impostorPeople
 * @property {number} searchesNeeded
 * @property {number} wantedFar
 * @property {number} farAtMost
 * @property {SearchRates | null} recommended
 * @property {SearchRates & { source: 'set' | 'calibrated' | 'default' }} current
 * @property {SearchRates[]} table
 * @property {{ edges: number[], genuine: number[], impostor: number[] }} histogram
 * @property {string[]} warnings
 *
 * @typedef {{ track: number, person: string | null, since: string, distance: number | null, crop: string | null }} PresentPerson
 * @typedef {object} Camera
 * @property {string} id
 * @property {string} name
 * @property {string} source
 * @property {'off' | 'connecting' | 'live' | 'waiting' | 'ended' | 'failed'} state
 * @property {{ code: string, message: string } | null} error why there are no pictures; the message is English
 * @property {{ looked: number, dropped: number, failed: number, perSecond: number }} frames
 * @property {number | null} lagMs
 * @property {string | null} snapshot URL of the newest frame
 * @property {PresentPerson[]} present
 * @typedef {{ id: string, type: 'appeared' | 'unknown' | 'left', at: string, camera: string, person: string | null, seconds: number | null }} CameraEvent
 * @typedef {'waiting' | 'running' | 'done' | 'stopped' | 'failed'} ImportState
 * @typedef {{ enrolled: number, alreadyThere: number, refused: number, reasons: Record<string, number> }} ImportCounts
 * @typedef {{ id: string, state: ImportState, photos: number, done: number, counts: ImportCounts, photosPerSecond: number | null, secondsLeft: number | null, endedAt: string | null, error: { code: string, message: string } | null }} ImportJob
 * @typedef {{ file: string | null, line: number | null, person: string | null, outcome: 'enrolled' | 'already_there' | 'refused', code: string | null, message: string | null, faces: { index: number, box: Box, confidence: number }[] }} ImportLine
 *
 * @typedef {{ keyNeeded: boolean, loggedIn: boolean, scope: 'recognise' | 'enrol' | 'admin' | null, group: string | null, keyName: string | null, csrfToken: string | null }} BrowserSession
 * @typedef {{ version: string, model: ModelInfo, threshold: number, people: number, liveness: boolean }} ServerStatus
 */

export {};
