import type { EmptySubjects } from '../plugins/compreface/empty-subjects.js';
import { FaceChanges } from '../plugins/compreface/face-changes.js';
import { FaceCollection } from '../plugins/compreface/face-collection.js';
import { FaceLooks, type FaceLooksParts } from '../plugins/compreface/face-looks.js';
import { GroupPeople } from '../plugins/compreface/group-people.js';
import { ImageIndex } from '../plugins/compreface/image-index.js';
import type { CompreFaceServices } from '../plugins/compreface/services.js';
import { SubjectChanges } from '../plugins/compreface/subject-changes.js';
import { Turns } from '../plugins/compreface/turns.js';
import type { Enrolment } from '../people/enrolment.js';
import type { Erasure } from '../privacy/erasure.js';
import type { People } from '../people/people.js';
import type { Gallery } from '../gallery/gallery.js';

interface Parts extends Omit<FaceLooksParts, 'collection'> {
  readonly gallery: Gallery;
  readonly empty: EmptySubjects;
  readonly people: People;
  readonly erasure: Erasure;
  readonly enrolment: Enrolment;
}

/** CompreFace's API over the same gallery. */
export function compreFaceServices(parts: Parts): CompreFaceServices {
  const { gallery, empty, erasure } = parts;
  const collection = new FaceCollection({ gallery, empty, images: new ImageIndex(gallery) });
  const changes = { ...parts, collection, members: new GroupPeople(gallery, erasure), turns: new Turns() };
  return {
    collection,
    subjects: new SubjectChanges(changes),
    faces: new FaceChanges(changes),
    looks: new FaceLooks({ ...parts, collection }),
  };
}
