import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ERROR_CODES } from '../../../src/shared/errors.js';
import { ACCESS, accessTable } from '../../../src/http/access-table.js';
import { Components } from '../../../src/http/openapi/components.js';
import { openApiDocument } from '../../../src/http/openapi/document.js';
import { COMPREFACE_API } from '../../../src/plugins/compreface/http.js';

interface Described {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly security: readonly Record<string, readonly string[]>[];
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, object>>;
}
interface Document {
  readonly info: { readonly version: string };
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: {
    readonly schemas: Readonly<
      Record<string, { readonly enum?: readonly string[]; readonly examples?: readonly unknown[] }>
    >;
  };
}

const document = openApiDocument('1.2.3', [COMPREFACE_API]) as Document;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, described]) => ({
    route: `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`,
    ...described,
  })),
);

describe('the OpenAPI document', () => {
  it('is one, says a validator that is not ours', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate({ ...structuredClone(document) });
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
    expect(validator.version).toBe('3.1');
  });

  it('has every route that is served, with the scope that it needs, and no other', () => {
    const described = operations.map(({ route, security }) => [
      route,
      security.length === 0 ? 'public' : [...new Set(security.flatMap((one) => Object.values(one).flat()))].join(),
    ]);
    expect(described.sort()).toEqual(Object.entries(accessTable([COMPREFACE_API])).sort());
  });

  it('has the routes of the core only, without plugins', () => {
    const { paths, tags } = openApiDocument('1.2.3', []) as Document;
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    expect(routes.sort()).toEqual(Object.keys(ACCESS).sort());
    expect(tags.map(({ name }) => name)).not.toContain('CompreFace');
  });

  it('calls every operation something else, and puts it under a heading that there is', () => {
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    const headings = document.tags.map(({ name }) => name);
    expect(operations.filter(({ tags }) => !tags.every((tag) => headings.includes(tag)))).toEqual([]);
  });

  it('describes every parameter of every path', () => {
    for (const { route, parameters } of operations) {
      const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
      expect([route, inPath]).toEqual([route, [...route.matchAll(/:(\w+)/g)].map(([, name]) => name)]);
    }
  });

  it('refers to nothing that is not in it, and has its version and every error code', () => {
    const names = Object.keys(document.components.schemas);
    const referred = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)];
    expect(JSON.stringify(document).split('"$ref"').length - 1).toBe(referred.length);
    expect([...new Set(referred.map(([, name]) => name))].filter((name) => !names.includes(name))).toEqual([]);
    expect(names.filter((name) => !/^[A-Z][A-Za-z]+$/.test(name))).toEqual([]);
    expect(document.components.schemas.ErrorCode.enum).toEqual(ERROR_CODES);
    expect(document.info.version).toBe('1.2.3');
  });

  it('has examples that are what they are examples of', () => {
    const ajv = new Ajv2020({ strict: false });
    addFormats.default(ajv);
    ajv.addSchema(document, 'document');
    const withExamples = Object.entries(document.components.schemas).filter(([, { examples }]) => examples);
    expect(withExamples.length).toBeGreaterThan(5);
    for (const [name, { examples }] of withExamples) {
      const validate = ajv.getSchema(`document#/components/schemas/${name}`)!;
      for (const example of examples!) expect([name, validate(example), validate.errors]).toEqual([name, true, null]);
    }
  });

  it('is not made of two schemas of one name', () => {
    const components = new Components();
    components.schemaOf(z.strictObject({ a: z.string() }).meta({ id: 'OnlyInThisTest' }), 'output');
    const other = z.strictObject({ a: z.number() }).meta({ id: 'OnlyInThisTest' });
    expect(() => components.schemaOf(other, 'output')).toThrow('Two schemas of the document are called OnlyInThisTest');
  });
});
