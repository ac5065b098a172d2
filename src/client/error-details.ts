import type { Box, ErrorCode, ImageSize, Quality } from './types.js';

/** The client's own codes: the server cannot be reached, does not answer in time, answers what Rostro would not. */
export type ClientErrorCode = 'unreachable' | 'timeout' | 'bad_reply';

/** A server that is newer than the client may have more. */
export type ApiErrorCode = ErrorCode | ClientErrorCode;

/** Where the faces are; `face` of an enrolment counts them from 0. */
export interface FoundFaces {
  readonly image: ImageSize;
  readonly faces: readonly { readonly box: Box; readonly confidence: number }[];
}

/** The facts that come with a code, where there are any. */
export interface KnownDetails {
  readonly no_face: { readonly image?: ImageSize; readonly photo?: number };
  readonly several_faces: FoundFaces;
  /** Where a face was asked for that the photo does not have. */
  readonly bad_request: Partial<FoundFaces>;
  readonly face_too_small: { readonly minFacePx: number; readonly quality: Quality };
  readonly image_too_large: { readonly width?: number; readonly height?: number; readonly maxPixels?: number };
  readonly nothing_enrolled: {
    readonly rejected: readonly {
      readonly file: string | null;
      readonly error: { readonly code: ErrorCode; readonly message: string; readonly details: object };
    }[];
  };
  readonly bad_archive: { readonly reason?: string; readonly entry?: string };
  /** Whose it is. */
  readonly id_taken: { readonly name?: string };
  /** Why: `storage`, `database`, `queue`, `embedding`; none while the networks are being loaded. */
  readonly not_ready: { readonly reason?: string };
  readonly too_many_requests: { readonly retryAfterSeconds?: number };
}

export type DetailsOf<Code extends string> = Code extends keyof KnownDetails
  ? KnownDetails[Code]
  : Readonly<Record<string, unknown>>;
