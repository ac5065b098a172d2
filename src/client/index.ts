/** A typed client of Rostro's API, for Node and browsers. It has no dependencies and uses no Node API. */
export { Rostro, type ExportOptions, type RecognizeOptions, type VerifyOptions } from './rostro.js';
export { RostroApiError, type ErrorFacts, type FailureWith } from './error.js';
export type { ApiErrorCode, ClientErrorCode, DetailsOf, FoundFaces, KnownDetails } from './error.js';
export type { CallOptions, Retries, RostroOptions, UploadOptions } from './options.js';
export type { Progress } from './body.js';
export type { Photo, PhotoStream } from './body.js';
export type { EnrolOptions } from './enrolment.js';
export type { People, PeopleFilter, PeopleQuery } from './people.js';
export type { ImportFile, ImportOptions, Imports, NamedBy } from './imports.js';
export type { FaceChoice, ImportRun, WaitOptions } from './imports.js';
export type { Cameras } from './cameras.js';
export type { History, SightingFilter, SightingQuery } from './history.js';
export type { Deliveries } from './events.js';
export type { Login } from './rostro.js';
export type { EventOptions } from './events.js';
export type { LiveConnection, LiveOptions, LiveSettings } from './live.js';
export type { WebSocketClass, WebSocketLike } from './live-socket.js';
export type * from './types.js';
