import { FaceCollection } from '../service/compreface/face-collection.js';
import { FaceLooks, type FaceLooksParts } from '../service/compreface/face-looks.js';
import { ImageIndex } from '../service/compreface/image-index.js';
import type { CompreFaceServices } from '../service/compreface/services.js';
import { SubjectChanges, type SubjectChangesParts } from '../service/compreface/subject-changes.js';
import type { Gallery } from '../store/gallery.js';

type Parts = Omit<FaceLooksParts, 'collection'> &
  Omit<SubjectChangesParts, 'collection'> & { readonly gallery: Gallery };

/** CompreFace's API over the same gallery. */
export function compreFaceServices(parts: Parts): CompreFaceServices {
  const { gallery, empty } = parts;
  const collection = new FaceCollection({ gallery, empty, images: new ImageIndex(gallery) });
  return {
    collection,
    changes: new SubjectChanges({ ...parts, collection }),
    looks: new FaceLooks({ ...parts, collection }),
  };
}
