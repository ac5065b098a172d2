import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openNpyGallery } from '../../../src/gallery/files/open-npy-gallery.js';
import type { Gallery } from '../../../src/gallery/gallery.js';
import { reembedNpyGallery } from '../../../src/gallery/reembed/reembed.js';
import type { Pipeline } from '../../../src/faces/pipeline/pipeline.js';
import { Correction, wrongMatches } from '../../../src/people/correction.js';
import { RostroError } from '../../../src/shared/errors.js';
import {
  contentsOf,
  contract,
  exampleOf,
  negated,
  numbered,
  otherContract,
  removeTemporaryFolders,
  temporaryFolder,
  vectorOf,
} from '../../helpers/gallery-fixture.js';

let dataDir: string;
let gallery: Gallery;
let correction: Correction;

/** Reads the vector off the made-up crop or photo. A photo "none" shows no face. */
function pipelineOf(dimension: number): Pick<Pipeline, 'run'> {
  const run = (method: string, { bytes }: { bytes: Uint8Array }) => {
    const text = Buffer.from(bytes).toString();
    if (text === 'none' && method === 'enrolmentFace') throw new RostroError('no_face', 'No face was found.');
    const number = Number(text.replace('crop ', ''));
    const face = { box: exampleOf(0).details.boxInCrop, confidence: 0.99, embedding: vectorOf(number, dimension) };
    if (method === 'analyse') return Promise.resolve({ faces: text === 'none' ? [] : [face] });
    const { crop, details } = exampleOf(number);
    return Promise.resolve({ face, crop, boxInCrop: details.boxInCrop, quality: details.quality });
  };
  return { run } as unknown as Pick<Pipeline, 'run'>;
}

beforeEach(async () => {
  dataDir = temporaryFolder();
  ({ gallery } = await openNpyGallery({ dataDir, contract }));
  await gallery.addAll('Ada', [exampleOf(1), exampleOf(2)]);
  correction = new Correction(pipelineOf(contract.dimension), gallery);
});
afterEach(removeTemporaryFolders);

const photo = (number: number) => Buffer.from(String(number));

describe('a correction', () => {
  it('records the example that was nearest, and counts the wrong matches of each', async () => {
    for (const number of [1.9, 2.1, 1.1]) await correction.addPhoto('Ada', photo(number));
    const { examples, ...ada } = gallery.person('Ada');
    expect(ada.negatives!.map(({ nearest }) => nearest)).toEqual([examples[1].id, examples[1].id, examples[0].id]);
    expect(examples.map(({ id }) => wrongMatches(ada).get(id))).toEqual([1, 2]);
    expect(await contentsOf(gallery)).toEqual({ Ada: [...numbered(1, 2), ...negated(1.9, 2.1, 1.1)] });
  });

  it('is made once for each photo', async () => {
    const first = await correction.addPhoto('Ada', photo(1.9));
    const again = await correction.addPhoto(' Ada ', photo(1.9));
    expect([first.outcome, again.outcome]).toEqual(['added', 'already_there']);
    expect(again.negative).toEqual(first.negative);
  });

  it('is refused for a photo that is an example, without a face, and for nobody', async () => {
    const { embedding, crop, details } = exampleOf(5);
    const example = { embedding, crop, details: { ...details, photoHash: 'ab'.repeat(32) } };
    const { example: own } = await gallery.add('Ada', example);
    const refusal = { code: 'bad_request', details: { example: own.id } };
    await expect(correction.add('Ada', example)).rejects.toMatchObject(refusal);
    await expect(correction.addPhoto('Ada', Buffer.from('none'))).rejects.toMatchObject({ code: 'no_face' });
    await expect(correction.addPhoto('Eve', photo(1))).rejects.toMatchObject({ code: 'person_not_found' });
  });
});

it('embeds the negatives anew after a change of the embedder, those whose crop shows a face', async () => {
  await correction.addPhoto('Ada', photo(1.9));
  await correction.add('Ada', { ...exampleOf(3), crop: Buffer.from('none') });
  const embedCrop = (crop: Uint8Array) => {
    const number = Number(Buffer.from(crop).toString().replace('crop ', ''));
    return Promise.resolve(vectorOf(number, otherContract.dimension));
  };
  await reembedNpyGallery({ dataDir, contract: otherContract, embedCrop });
  const { gallery: after } = await openNpyGallery({ dataDir, contract: otherContract });
  expect(after.person('Ada').negatives!.map(({ embedding }) => embedding)).toEqual([null, null]);
  const anew = new Correction(pipelineOf(otherContract.dimension), after);
  expect(await anew.embedMissing()).toBe(1);
  const { gallery: again } = await openNpyGallery({ dataDir, contract: otherContract });
  const embedded = [vectorOf(1.9, otherContract.dimension), null];
  for (const one of [after, again]) {
    expect(one.person('Ada').negatives!.map(({ embedding }) => embedding)).toEqual(embedded);
  }
  expect(await anew.embedMissing()).toBe(0);
});
