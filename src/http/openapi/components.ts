import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

export type JsonSchema = Readonly<Record<string, unknown>>;

const REF = '#/components/schemas/';

/** Turns zod's schemas into JSON Schema. Those that have an `id` in their `meta` become components, and are referred to. */
export class Components {
  private readonly named = new Map<string, JsonSchema>();
  private readonly made = { input: new Map<z.ZodType, JsonSchema>(), output: new Map<z.ZodType, JsonSchema>() };

  /** @param io `input` for what a client sends: it may leave out what has a default */
  schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const known = this.made[io].get(schema);
    if (known !== undefined) return known;
    const { $defs = {}, ...own } = withOwnRefs(z.toJSONSchema(schema, { io, override: asMeant }));
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
  return JSON.parse(text, tidied) as Record<string, unknown>;
}

/** What a text in a form or a query stands for. */
function asMeant({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: z.core.JSONSchema.BaseSchema }) {
  const { def } = zodSchema._zod;
  if (def.type === 'pipe' && def.out._zod.def.type === 'boolean') jsonSchema.type = 'boolean';
}

/**
 * For `JSON.parse`: makes JSON Schema as zod writes it shorter, and says the same.
 * Bounds of every integer of JavaScript, the pattern of a format, names that are texts, and `anyOf` where a list of types does.
 */
export function tidied(key: string, value: unknown): unknown {
  if (!isObject(value)) return value;
  if (key === 'additionalProperties' && Object.keys(value).length === 0) return true;
  if (value.minimum === Number.MIN_SAFE_INTEGER) delete value.minimum;
  if (value.maximum === Number.MAX_SAFE_INTEGER) delete value.maximum;
  if (value.format === 'date-time') delete value.pattern;
  if (value.format === 'binary') delete value.contentEncoding;
  if (isOnly(value.propertyNames, 'string')) delete value.propertyNames;
  return withListOfTypes(value);
}

/** `{anyOf: [{type: "number", minimum: 0}, {type: "null"}]}` → `{type: ["number", "null"], minimum: 0}` */
function withListOfTypes({ anyOf, ...rest }: Record<string, unknown>): Record<string, unknown> {
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
