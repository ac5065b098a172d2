import type { PluginServices } from '../../http/plugin.js';
import { SerialQueue } from '../../shared/queue.js';
import type { EmptySubjects } from './empty-subjects.js';
import { FaceAnalysis } from './face-analysis.js';
import { FaceChanges } from './face-changes.js';
import { FaceCollection, ImageIndex } from './face-collection.js';
import { GroupPeople } from './group-people.js';
import { SubjectChanges } from './subject-changes.js';

export interface CompreFaceServices {
  readonly collection: FaceCollection;
  readonly subjects: SubjectChanges;
  readonly faces: FaceChanges;
  readonly analysis: FaceAnalysis;
}

export function composeServices(services: PluginServices, empty: EmptySubjects): CompreFaceServices {
  const { gallery, erasure } = services;
  const collection = new FaceCollection({ gallery, empty, images: new ImageIndex(gallery) });
  const members = new GroupPeople(gallery, erasure, empty);
  const changes = { ...services, empty, collection, members, queue: new SerialQueue() };
  return {
    collection,
    subjects: new SubjectChanges(changes),
    faces: new FaceChanges(changes),
    analysis: new FaceAnalysis({ ...services, collection }),
  };
}
