import { describe, expect, it } from 'vitest';
import { galleryNotices, type GalleryReport } from '../../../src/gallery/files/open-npy-gallery.js';

const NOTHING: GalleryReport = {
  people: 0,
  examples: 0,
  adopted: [],
  duplicateIds: [],
  interruptedChange: 'nothing',
  filesRenamed: 0,
  quarantined: [],
  missingCrops: [],
  unknownFiles: [],
};

describe('notices at the start', () => {
  it('are empty for an intact gallery', () => {
    expect(galleryNotices(NOTHING)).toEqual([]);
  });

  it('list quarantined people, the reason, the folder and the repair command', () => {
    const why = 'embeddings/Ada.npy cannot be used: it holds no values.';
    const files = ['embeddings/Ada.npy', 'uploads/Ada/1.jpg'];
    expect(galleryNotices({ ...NOTHING, quarantined: [{ files, why, to: '.quarantine/now' }] })).toEqual([
      `${why} 2 files were moved to .quarantine/now/`,
      '"rostro doctor --repair" brings people who were set aside back from their photos',
    ]);
  });

  it('list ten files of a kind and count the rest', () => {
    const unknownFiles = Array.from({ length: 25 }, (_, i) => `uploads/${i}`);
    const notices = galleryNotices({ ...NOTHING, unknownFiles, missingCrops: ['uploads/Ada/1.jpg'] });
    expect(notices).toHaveLength(12);
    expect(notices[0]).toBe('uploads/Ada/1.jpg is gone; the person is recognised as before');
    expect(notices.at(-1)).toBe('(and 15 more of this kind)');
  });
});
