import type { FaceChanges } from './face-changes.js';
import type { FaceCollection } from './face-collection.js';
import type { FaceLooks } from './face-looks.js';
import type { SubjectChanges } from './subject-changes.js';

/** What the routes of CompreFace's API call. */
export interface CompreFaceServices {
  readonly collection: FaceCollection;
  readonly subjects: SubjectChanges;
  readonly faces: FaceChanges;
  readonly looks: FaceLooks;
}
