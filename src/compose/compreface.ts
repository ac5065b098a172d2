import type { EmptySubjects } from '../service/compreface/empty-subjects.js';
import { FaceChanges } from '../service/compreface/face-changes.js';
import { FaceCollection } from '../service/compreface/face-collection.js';
import { FaceLooks, type FaceLooksParts } from '../service/compreface/face-looks.js';
import { GroupPeople } from '../service/compreface/group-people.js';
import { ImageIndex } from '../service/compreface/image-index.js';
import type { CompreFaceServices } from '../service/compreface/services.js';
import { SubjectChanges } from '../service/compreface/subject-changes.js';
import { Turns } from '../service/compreface/turns.js';
import type { Enrolment } from '../service/enrolment.js';
import type { Erasure } from '../service/erasure/erasure.js';
import type { People } from '../service/people.js';
import type { Gallery } from '../store/gallery.js';

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
