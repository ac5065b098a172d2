import fc from 'fast-check';

type Mutation = (bytes: Buffer) => Buffer;

/** Edge values of lengths, offsets and signs. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];
const LONGEST_BYTES = 2 ** 16;
const HEADER_BYTES = 128;

/** A position in a file; half of them in the header. */
const place = fc.oneof(fc.nat(HEADER_BYTES), fc.nat());

const change = fc
  .tuple(place, fc.integer({ min: 1, max: 255 }))
  .map(([at, mask]) => changed(at, (bytes, index) => (bytes[index] ^= mask)));
const edge = fc.tuple(place, fc.constantFrom(...EDGES), fc.boolean()).map(([at, value, little]) =>
  changed(at, (bytes, index) => {
    const word = Buffer.alloc(4);
    if (little) word.writeUInt32LE(value);
    else word.writeUInt32BE(value);
    bytes.set(word.subarray(0, bytes.length - index), index);
  }),
);
const insertion = fc.tuple(place, fc.uint8Array({ maxLength: 16 })).map(([at, bytes]) => inserted(at, bytes));
const removal = fc.tuple(place, fc.integer({ min: 1, max: 64 })).map(([at, count]): Mutation => {
  return (bytes) => {
    const start = at % (bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + count)]);
  };
});
const copy = fc
  .tuple(place, place, fc.integer({ min: 1, max: 256 }), fc.integer({ min: 1, max: 64 }))
  .map(([from, to, count, times]): Mutation => {
    return (bytes) => {
      const start = from % (bytes.length + 1);
      const piece = bytes.subarray(start, start + count);
      return inserted(to, Buffer.concat(Array<Buffer>(times).fill(piece)))(bytes);
    };
  });
const cut = place.map(
  (at): Mutation =>
    (bytes) =>
      bytes.subarray(0, at % (bytes.length + 1)),
);

/** A pattern that takes exponential time does so for a repeated piece. */
const times = fc.oneof(fc.constant(1), fc.nat(300));

/**
 * Good files that one change, or up to eight, have spoilt: bytes changed, put in, taken out or repeated, edge values written over
 * four of them, an early end; a tenth is noise without any file behind it.
 * @param words of the format, which are put in anywhere, too; a tenth of the inputs is nothing but words, some of them repeated
 */
export function mutated(corpus: readonly Uint8Array[], words: readonly string[] = []): fc.Arbitrary<Uint8Array> {
  const text = fc.constantFrom('', ...words);
  const word = fc.tuple(place, text).map(([at, piece]) => inserted(at, Buffer.from(piece, 'latin1')));
  const mutation = fc.oneof(change, edge, insertion, removal, copy, cut, word);
  const mutations = fc.oneof(fc.tuple(mutation), fc.array(mutation, { minLength: 2, maxLength: 8 }));
  const spoilt = fc
    .tuple(fc.constantFrom(...corpus), mutations)
    .map(([file, changes]) => changes.reduce<Buffer>((bytes, mutate) => mutate(bytes), Buffer.from(file)));
  const repeated = fc.tuple(text, times).map(([piece, count]) => piece.repeat(count));
  const sentence = fc.array(repeated, { maxLength: 4 }).map((pieces) => Buffer.from(pieces.join(''), 'latin1'));
  return fc.oneof(
    { weight: 8, arbitrary: spoilt },
    { weight: 1, arbitrary: sentence },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 256 }) },
  );
}

function changed(at: number, write: (bytes: Buffer, index: number) => void): Mutation {
  return (bytes) => {
    const copied = Buffer.from(bytes);
    if (copied.length > 0) write(copied, at % copied.length);
    return copied;
  };
}

function inserted(at: number, piece: Uint8Array): Mutation {
  return (bytes) => {
    const start = at % (bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, start), piece, bytes.subarray(start)]).subarray(0, LONGEST_BYTES);
  };
}
