/**
 * One code for each failure that a user can see. Codes are stable: clients branch on them. This file is independent of HTTP;
 * `http/error-status.ts` maps codes to statuses.
 */
export const ERROR_CODES = [
  'no_file',
  'too_many_files',
  'bad_request',
  'upload_too_large',
  'not_an_image',
  'unsupported_image',
  'damaged_image',
  'image_too_large',
  'no_face',
  'several_faces',
  'face_too_small',
  'not_live',
  'consent_required',
  'liveness_unavailable',
  'attributes_off',
  'nothing_enrolled',
  'bad_name',
  'unclear_name',
  'person_not_found',
  'example_not_found',
  'too_many_negatives',
  'sighting_not_found',
  'attendance_not_found',
  'attendance_ended',
  'stranger_not_found',
  'person_exists',
  'camera_not_found',
  'camera_exists',
  'camera_in_file',
  'camera_not_live',
  'track_not_found',
  'camera_failed',
  'receiver_not_found',
  'bad_details',
  'id_taken',
  'bad_archive',
  'bad_list',
  'encoding_unknown',
  'bad_row',
  'import_not_found',
  'challenge_unknown',
  'challenge_over',
  'token_refused',
  'server_unreachable',
  'route_not_found',
  'method_not_allowed',
  'bad_model_file',
  'unsupported_graph',
  'model_missing',
  'download_failed',
  'checksum_mismatch',
  'gallery_corrupt',
  'gallery_contract_mismatch',
  'gallery_locked',
  'encryption_key_wrong',
  'storage_failed',
  'database_unreachable',
  'database_incompatible',
  'embeddings_in_database',
  'bad_config',
  'provider_unavailable',
  'bad_pairs',
  'pairs_missing',
  'bad_openset',
  'photos_missing',
  'classifier_missing',
  'too_few_examples',
  'threshold_set',
  'setting_fixed',
  'not_ready',
  'busy',
  'worker_restarted',
  'deadline_exceeded',
  'client_gone',
  'unauthorised',
  'key_not_found',
  'last_admin_key',
  'forbidden',
  'too_many_requests',
  'bad_csrf_token',
  'bad_host',
  'cross_origin',
  'internal',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** An expected failure: a stable code, a sentence for people, and details for clients. */
export class RostroError extends Error {
  readonly code: ErrorCode;
  /** JSON-serialisable, for example the boxes of the faces that were found. Never pixels or embeddings. */
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string, options: { details?: Record<string, unknown>; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RostroError';
    this.code = code;
    this.details = options.details;
  }
}

/** The message of any error. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
