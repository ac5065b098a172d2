import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

export type JsonSchema = Readonly<Record<string, unknown>>;

const REF = '#/components/schemas/';

/** Converts zod schemas to JSON Schema. Schemas with an `id` in their `meta` become components with references. */
export class Components {
  private readonly named = new Map<string, JsonSchema>();
  private readonly made = { input: new Map<z.ZodType, JsonSchema>(), output: new Map<z.ZodType, JsonSchema>() };

  /** @param io `input` for requests: fields with a default are optional */
  schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const known = this.made[io].get(schema);
    if (known !== undefined) return known;
    const { $defs = {}, ...own } = withOwnRefs(z.toJSONSchema(schema, { io, override: asBoolean }));
    delete own.$schema;
    for (const [name, component] of Object.entries($defs as Record<string, JsonSchema>)) this.add(name, component);
    this.made[io].set(schema, own);
    return own;
  }

  /** By name, in alphabetical order. */
  get all(): Readonly<Record<string, JsonSchema>> {
    return Object.fromEntries([...this.named].sort(([a], [b]) => a.localeCompare(b)));
  }

  private add(name: string, component: JsonSchema): void {
    const before = this.named.get(name);
    if (before !== undefined && !isDeepStrictEqual(before, component)) {
      throw new Error(`Two schemas of the document are called ${name}.`);
    }
    this.named.set(name, component);
  }
}

function withOwnRefs(schema: object): Record<string, unknown> {
  const text = JSON.stringify(schema).replaceAll('"#/$defs/', `"${REF}`);
  return JSON.parse(text, simplify) as Record<string, unknown>;
}

/** Text fields that are read as booleans are documented as booleans. */
function asBoolean({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodTypes;
  jsonSchema: z.core.JSONSchema.BaseSchema;
}) {
  const { def } = zodSchema._zod;
  if (def.type === 'pipe' && def.out._zod.def.type === 'boolean') jsonSchema.type = 'boolean';
}

/**
 * A reviver for `JSON.parse` that shortens zod's JSON Schema without changing its meaning: bounds of safe integers,
 * patterns of formats, property names that are strings, and `anyOf` where a list of types is enough.
 */
export function simplify(key: string, value: unknown): unknown {
  if (!isObject(value)) return value;
  if (key === 'additionalProperties' && Object.keys(value).length === 0) return true;
  if (value.minimum === Number.MIN_SAFE_INTEGER) delete value.minimum;
  if (value.maximum === Number.MAX_SAFE_INTEGER) delete value.maximum;
  if (value.format === 'date-time') delete value.pattern;
  if (value.format === 'binary') delete value.contentEncoding;
  if (isOnly(value.propertyNames, 'string')) delete value.propertyNames;
  return withTypeList(value);
}

/** `{anyOf: [{type: "number", minimum: 0}, {type: "null"}]}` → `{type: ["number", "null"], minimum: 0}` */
function withTypeList({ anyOf, ...rest }: Record<string, unknown>): Record<string, unknown> {
  const [one, other, ...more] = (anyOf ?? []) as unknown[];
  if (isObject(one) && typeof one.type === 'string' && isOnly(other, 'null') && more.length === 0) {
    if (!('enum' in one) && !('const' in one)) return { ...one, ...rest, type: [one.type, 'null'] };
  }
  return anyOf === undefined ? rest : { ...rest, anyOf };
}

function isOnly(value: unknown, type: string): boolean {
  return isObject(value) && value.type === type && Object.keys(value).length === 1;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
