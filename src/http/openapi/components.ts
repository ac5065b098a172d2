import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { tidied } from './tidy.js';

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
