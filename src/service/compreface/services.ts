import type { FaceCollection } from './face-collection.js';
import type { FaceLooks } from './face-looks.js';
import type { SubjectChanges } from './subject-changes.js';

/** What the routes of CompreFace's API call. */
export interface CompreFaceServices {
  readonly collection: FaceCollection;
  readonly changes: SubjectChanges;
  readonly looks: FaceLooks;
}
