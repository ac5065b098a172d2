import type { z } from 'zod';
import type { cameraEventSchema } from '../events/event.js';
import type * as schemas from '../http/schemas.js';

/**
 * What the server answers, told by its own schemas. This file is the only one of the client that knows the server, and
 * only as types; the published declarations have them written out, with their descriptions (`scripts/client-types.js`).
 */

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Pixels of the upright photo; x to the right, y down; may stick out of it. */
export type Box = z.infer<typeof schemas.box>;

export type Detection = z.infer<typeof schemas.detection>;
export type DetectedFace = Detection['faces'][number];
/** Pixels of the upright photo. */
export type ImageSize = Detection['image'];

export type Recognition = z.infer<typeof schemas.recognition>;
export type RecognizedFace = Recognition['faces'][number];
/** Detector, embedder, matcher, engine and provider that answered. */
export type ModelInfo = Recognition['model'];

/** Of a frame of a camera whose faces are followed. */
export type LiveRecognition = z.infer<typeof schemas.liveRecognition>;
export type FollowedFace = LiveRecognition['faces'][number];
/** What `/live` answers to each frame. */
export type LiveMessage = z.infer<typeof schemas.liveMessage>;

export type Verification = z.infer<typeof schemas.verification>;
export type ComparedFace = Verification['faces'][number];

export type Uploaded = z.infer<typeof schemas.upload>;
/** A photo that is an example of its person now. */
export type Enrolled = Uploaded['enrolled'][number];
export type Rejected = Uploaded['rejected'][number];
/** What was measured of a face that is to be an example. */
export type Quality = Enrolled['quality'];

export type PeoplePage = z.infer<typeof schemas.people>;
export type PersonSummary = PeoplePage['people'][number];
export type Person = z.infer<typeof schemas.person>;
export type Example = Person['examples'][number];
/** What is not given stays as it is. */
export type PersonChange = z.infer<typeof schemas.personChange>;
export type GroupList = z.infer<typeof schemas.groupList>;
export type Group = GroupList['groups'][number];
export type DeletedPerson = z.infer<typeof schemas.deletedPerson>;
export type DeletedExample = z.infer<typeof schemas.deletedExample>;

export type ImportJob = z.infer<typeof schemas.importJob>;
export type ImportState = ImportJob['state'];
export type ImportReport = z.infer<typeof schemas.importReport>;
/** What became of one photo. */
export type ImportLine = ImportReport['lines'][number];

export type Health = z.infer<typeof schemas.health>;
export type Readiness = z.infer<typeof schemas.readiness>;
export type Status = z.infer<typeof schemas.status>;
export type CalibrationReport = z.infer<typeof schemas.calibration>;
export type SearchRates = CalibrationReport['table'][number];

export type CameraList = z.infer<typeof schemas.cameras>;
export type Camera = z.infer<typeof schemas.camera>;
export type PresentPerson = Camera['present'][number];
/** What a camera told. */
export type CameraEvent = z.infer<typeof cameraEventSchema>;

export type DeliveryStatus = z.infer<typeof schemas.deliveries>;
export type Receiver = DeliveryStatus['receivers'][number];
export type Retried = z.infer<typeof schemas.retried>;

/** Who the sender of a request is. */
export type BrowserSession = z.infer<typeof schemas.session>;
export type EndedSession = z.infer<typeof schemas.endedSession>;

/** A failed reply. */
export type Failure = z.infer<typeof schemas.failure>;
/** The server's stable codes. */
export type ErrorCode = Failure['error']['code'];
