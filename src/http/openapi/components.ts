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
    const { $defs = {}, ...own } = withOwnRefs(z.toJSONSchema(schema, { io, override: simplify }));
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
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', `"${REF}`)) as Record<string, unknown>;
}

/** Leaves out what no reader of the document needs, and says what texts in a query stand for. */
function simplify({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodTypes;
  jsonSchema: z.core.JSONSchema.BaseSchema;
}) {
  const { def } = zodSchema._zod;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
  if (def.type === 'file') delete jsonSchema.contentEncoding;
  if (def.type === 'pipe' && def.out._zod.def.type === 'boolean') jsonSchema.type = 'boolean';
}
