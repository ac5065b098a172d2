import fc from 'fast-check';
import { convertTflite } from '../../../src/models/convert/tflite/convert.js';
import {
  type Field,
  type Fields,
  flatBuffer,
  modelFields,
  type TestNetwork,
  type TestOperator,
} from '../tflite-writer.js';
import { answers, type Subject } from './fuzz.js';
import { mutated } from './mutate.js';

const operator = (code: number, inputs: readonly string[], output: string, options?: Fields): TestOperator => ({
  code,
  inputs,
  output,
  ...(options && { options }),
});
const constant = (name: string, dims: readonly number[], type?: 'float16') => {
  const count = dims.reduce((product, size) => product * size, 1);
  return { name, dims, values: Array.from({ length: count }, (_, i) => (i % 5) - 2), ...(type && { type }) };
};

/** A network of the kinds of operators that MobileFaceNet has, over an image of 4 by 4. */
const SMALL: TestNetwork = {
  tensors: [
    { name: 'input', dims: [1, 4, 4, 3] },
    constant('w1', [2, 3, 3, 3]),
    constant('b1', [2]),
    { name: 'conv', dims: [1, 4, 4, 2] },
    constant('w2', [1, 3, 3, 2], 'float16'),
    { name: 'w2f', dims: [1, 3, 3, 2] },
    { name: 'depthwise', dims: [1, 4, 4, 2] },
    constant('slope', [1, 1, 2]),
    { name: 'prelu', dims: [1, 4, 4, 2] },
    { name: 'sum', dims: [1, 4, 4, 2] },
    { name: 'relu', dims: [1, 4, 4, 2] },
    { name: 'abs', dims: [1, 4, 4, 2] },
    { name: 'difference', dims: [1, 4, 4, 2] },
    constant('half', [2]),
    { name: 'scaled', dims: [1, 4, 4, 2] },
    { name: 'folded', dims: [1, 4, 4, 2] },
    { name: 'joined', dims: [1, 4, 4, 4] },
    { name: 'pooled', dims: [1, 2, 2, 4] },
    { name: 'flat', dims: [1, 16] },
    constant('w3', [3, 16]),
    constant('b3', [3]),
    { name: 'output', dims: [1, 3] },
  ],
  operators: [
    operator(3, ['input', 'w1', 'b1'], 'conv', [{ byte: 0 }, { int: 1 }, { int: 1 }, { byte: 1 }]),
    operator(6, ['w2'], 'w2f'),
    operator(4, ['conv', 'w2f'], 'depthwise', [{ byte: 0 }, { int: 1 }, { int: 1 }, { int: 1 }]),
    operator(54, ['depthwise', 'slope'], 'prelu'),
    operator(0, ['prelu', 'conv'], 'sum'),
    operator(19, ['sum'], 'relu'),
    operator(101, ['sum'], 'abs'),
    operator(41, ['sum', 'abs'], 'difference'),
    operator(18, ['difference', 'half'], 'scaled'),
    operator(0, ['relu', 'scaled'], 'folded'),
    operator(2, ['folded', 'relu'], 'joined', [{ int: 3 }]),
    operator(17, ['joined'], 'pooled', [{ byte: 1 }, { int: 2 }, { int: 2 }, { int: 2 }, { int: 2 }]),
    operator(22, ['pooled'], 'flat'),
    operator(9, ['flat', 'w3', 'b3'], 'output'),
  ],
  inputs: ['input'],
  outputs: ['output'],
};

const root = modelFields(SMALL);
export const smallTflite = flatBuffer('TFL3', root);

/** Every place of a number, a list or a table in the file, as the way to it. */
function placesIn(fields: Fields, way: readonly number[] = []): (readonly number[])[] {
  return fields.flatMap((field, i) => {
    const here = [...way, i];
    if (field === null) return [];
    if ('tables' in field) return [here, ...field.tables.flatMap((table, j) => placesIn(table, [...here, j]))];
    return 'table' in field ? placesIn(field.table, here) : [here];
  });
}

function altered(fields: Fields, [at, ...way]: readonly number[], change: (field: Field) => Field): Fields {
  return fields.map((field, i): Field | null => {
    if (i !== at || field === null) return field;
    if (way.length === 0) return change(field);
    if ('table' in field) return { table: altered(field.table, way, change) };
    const [index, ...rest] = way;
    const tables = (field as { tables: readonly Fields[] }).tables;
    return { tables: tables.map((table, j) => (j === index ? altered(table, rest, change) : table)) };
  });
}

const number = fc.oneof(fc.integer({ min: -2, max: 30 }), fc.constantFrom(127, 2 ** 16, 2 ** 31 - 1, -(2 ** 31)));
const alteration = fc.tuple(fc.constantFrom(...placesIn(root)), number, fc.nat(63)).map(([way, value, at]) => {
  const change = (field: Field): Field => {
    if ('int' in field) return { int: value };
    if ('byte' in field) return { byte: Math.max(-128, Math.min(127, value)) };
    if ('ints' in field) return { ints: field.ints.map((old, i) => (i === at % field.ints.length ? value : old)) };
    if ('bytes' in field) return { bytes: field.bytes.subarray(0, at) };
    if ('tables' in field) return { tables: field.tables.filter((_, i) => i !== at % field.tables.length) };
    return field;
  };
  return (fields: Fields) => altered(fields, way, change);
});
/** Files whose structure is right and whose content is not. */
const alteredFile = fc
  .array(alteration, { minLength: 1, maxLength: 3 })
  .map((changes) => flatBuffer('TFL3', applied(changes)));

/** A later change may lead where an earlier one has removed something: it is left out. */
function applied(changes: readonly ((fields: Fields) => Fields)[]): Fields {
  return changes.reduce((fields, change) => change(fields), root);
}

export const tflites: Subject = {
  name: 'TensorFlow Lite',
  inputs: fc.oneof(mutated([smallTflite], ['TFL3', 'input', 'output']), alteredFile),
  take: (input) => answers(['bad_model_file', 'unsupported_graph'], () => convertTflite(input)),
};
