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
