export const PHOTO_WARNINGS = ['jpeg_repaired', 'shrunk', 'rotated', 'more_faces'] as const;

/** Something about a photo that did not prevent its use. */
export interface PhotoWarning {
  readonly code: (typeof PHOTO_WARNINGS)[number];
  readonly message: string;
}
