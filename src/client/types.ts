import type { z } from 'zod';
import type { cameraEventSchema } from '../events/event.js';
import type * as schemas from '../http/schemas.js';

/**
 * The types of the server's responses, inferred from its schemas. No other file of the client imports from the server.
 * `scripts/client-types.js` writes the types out for the published declarations, with their descriptions.
 */

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Pixels of the upright photo; x to the right, y down. May extend beyond the photo. */
export type Box = z.infer<typeof schemas.box>;

export type Detection = z.infer<typeof schemas.detection>;
export type DetectedFace = Detection['faces'][number];
/** Guesses about a face. */
export type FaceAttributes = NonNullable<DetectedFace['attributes']>;
export type AttributeName = keyof FaceAttributes;
export type LivenessPolicy = Recognition['model']['liveness'];
/** In pixels of the upright photo. */
export type ImageSize = Detection['image'];

export type Recognition = z.infer<typeof schemas.recognition>;
export type RecognizedFace = Recognition['faces'][number];
/** The detector, embedder, matcher, engine and provider used. */
export type ModelInfo = Recognition['model'];

/** The faces of a frame of a camera, tracked from frame to frame. */
export type LiveRecognition = z.infer<typeof schemas.liveRecognition>;
export type FollowedFace = LiveRecognition['faces'][number];
/** A message of `/live`. */
export type LiveMessage = z.infer<typeof schemas.liveMessage>;

export type Verification = z.infer<typeof schemas.verification>;
export type ComparedFace = Verification['faces'][number];

/** The state of a challenge. */
export type Challenge = z.infer<typeof schemas.challenge>;
export type ChallengeAction = Challenge['actions'][number];
export type NewChallenge = z.input<typeof schemas.newChallenge>;
/** With the token of a challenge that was passed. */
export type ChallengeResult = z.infer<typeof schemas.challengeResult>;
/** What a token says. */
export type ChallengeToken = z.infer<typeof schemas.checkedToken>;
export type ChallengeKeys = z.infer<typeof schemas.challengeKeys>;

export type Uploaded = z.infer<typeof schemas.upload>;
/** A newly enrolled example. */
export type Enrolled = Uploaded['enrolled'][number];
export type Rejected = Uploaded['rejected'][number];
/** Measurements of a face to enrol. */
export type Quality = Enrolled['quality'];

export type PeoplePage = z.infer<typeof schemas.people>;
export type PersonSummary = PeoplePage['people'][number];
export type Person = z.infer<typeof schemas.person>;
export type Example = Person['examples'][number];
/** Omitted fields stay unchanged. */
export type PersonChange = z.infer<typeof schemas.personChange>;
/** A basis alone, or with a date and a note. */
export type GivenConsent = z.input<typeof schemas.givenConsent>;
export type GroupList = z.infer<typeof schemas.groupList>;
export type Group = GroupList['groups'][number];
export type DeletedPerson = z.infer<typeof schemas.deletedPerson>;
export type DeletedExample = z.infer<typeof schemas.deletedExample>;
export type Negatives = z.infer<typeof schemas.negatives>;
/** A face that is not of the person. */
export type Negative = Negatives['negatives'][number];
export type Corrected = z.infer<typeof schemas.corrected>;
export type DeletedNegative = z.infer<typeof schemas.deletedNegative>;

export type ImportJob = z.infer<typeof schemas.importJob>;
/** Who would be enrolled from which photos. */
export type ImportPlan = z.infer<typeof schemas.importPlan>;
export type ImportState = ImportJob['state'];
export type ImportReport = z.infer<typeof schemas.importReport>;
/** The result of one photo. */
export type ImportLine = ImportReport['lines'][number];

export type Health = z.infer<typeof schemas.health>;
export type Readiness = z.infer<typeof schemas.readiness>;
export type Status = z.infer<typeof schemas.status>;
export type CalibrationReport = z.infer<typeof schemas.calibration>;
export type ThresholdChoice = z.infer<typeof schemas.calibrationChoice>;
export type AppliedCalibration = z.infer<typeof schemas.appliedCalibration>;
export type SearchRates = CalibrationReport['table'][number];

/** The state of the server. */
export type HealthReport = z.infer<typeof schemas.healthReport>;
/** The networks of the server, and the embedders that there are. */
export type ServerModel = z.infer<typeof schemas.serverModel>;
export type SettingList = z.infer<typeof schemas.settings>;
/** A setting that may change while the server runs. */
export type Setting = SettingList['settings'][number];
export type SettingChanges = z.infer<typeof schemas.settingChanges>;
export type ChangedSettings = z.infer<typeof schemas.changedSettings>;

export type CameraList = z.infer<typeof schemas.cameras>;
export type Camera = z.infer<typeof schemas.camera>;
export type CameraSettings = z.infer<typeof schemas.cameraSettingsReply>;
/** Missing settings have their defaults. */
export type NewCamera = z.input<typeof schemas.newCamera>;
/** Missing settings stay as they are; null removes one. */
export type CameraChange = z.infer<typeof schemas.changeOfCamera>;
export type CameraToTest = z.input<typeof schemas.cameraToTry>;
export type DeletedCamera = z.infer<typeof schemas.deletedCamera>;
export type PresentPerson = Camera['present'][number];
/** An event of a camera. */
export type CameraEvent = z.infer<typeof cameraEventSchema>;

export type DeliveryStatus = z.infer<typeof schemas.deliveries>;
export type Receiver = DeliveryStatus['receivers'][number];
export type Retried = z.infer<typeof schemas.retried>;

export type SightingPage = z.infer<typeof schemas.sightings>;
/** One person or stranger in front of one camera, from the first look to the last. */
export type Sighting = z.infer<typeof schemas.sighting>;
export type Stranger = z.infer<typeof schemas.stranger>;
export type StrangerPage = z.infer<typeof schemas.strangers>;
export type StrangerDetails = z.infer<typeof schemas.strangerDetails>;
export type NamedStranger = z.infer<typeof schemas.namedStranger>;
export type DeletedStranger = z.infer<typeof schemas.deletedStranger>;
export type ErasedSightings = z.infer<typeof schemas.erasedSightings>;
export type DeletedSighting = z.infer<typeof schemas.deletedSighting>;

export type AttendanceList = z.infer<typeof schemas.attendanceList>;
export type AttendanceSummary = z.infer<typeof schemas.attendanceSummary>;
/** A session with its people. */
export type AttendanceSession = z.infer<typeof schemas.attendance>;
export type AttendanceRow = z.infer<typeof schemas.attendanceRow>;
export type NewAttendance = z.input<typeof schemas.newAttendance>;
export type AttendancePatch = z.input<typeof schemas.attendancePatch>;
export type AttendanceMark = z.input<typeof schemas.attendanceMark>;
/** What a picture did in a session. */
export type AttendancePicture = z.infer<typeof schemas.attendancePicture>;
export type DeletedAttendance = z.infer<typeof schemas.deletedAttendance>;

/** The rights of the sender of a request. */
export type BrowserSession = z.infer<typeof schemas.session>;
export type EndedSession = z.infer<typeof schemas.endedSession>;

export type AccessKeyList = z.infer<typeof schemas.accessKeys>;
/** An access key without its secret. */
export type AccessKey = AccessKeyList['keys'][number];
export type NewAccessKey = z.input<typeof schemas.newKeyBody>;
/** With the key itself, which is not shown again. */
export type CreatedKey = z.infer<typeof schemas.createdKey>;
export type RevokedKey = z.infer<typeof schemas.revokedKey>;

/** Plugins, and the receivers of events. */
export type Integrations = z.infer<typeof schemas.integrations>;

/** An error response. */
export type Failure = z.infer<typeof schemas.failure>;
/** The server's stable codes. */
export type ErrorCode = Failure['error']['code'];
