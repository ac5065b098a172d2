/**
 * Prints a JSON Schema as a TypeScript type, with the descriptions as comments. Supports the keywords that zod emits for the
 * schemas of this server, and throws for others.
 * @param {any} schema the result of `z.toJSONSchema`
 * @returns {string}
 */
export function printType(schema) {
  return print(schema, schema.$defs ?? {}, '');
}

/** @param {any} schema @param {Record<string, any>} definitions @param {string} indent @returns {string} */
function print(schema, definitions, indent) {
  if (schema.$ref !== undefined) return printReference(schema.$ref, definitions, indent);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined)
    return schema.enum.map((/** @type {unknown} */ one) => JSON.stringify(one)).join(' | ');
  const either = schema.anyOf ?? schema.oneOf;
  if (either !== undefined) return either.map((/** @type {any} */ one) => print(one, definitions, indent)).join(' | ');
  const { type } = schema;
  if (Array.isArray(type)) return type.map((one) => print({ ...schema, type: one }, definitions, indent)).join(' | ');
  if (type === 'object') return printObject(schema, definitions, indent);
  if (type === 'array') {
    const item = print(schema.items, definitions, indent);
    return /^\w+$|^\{[^|]*\}$/.test(item) ? `${item}[]` : `(${item})[]`;
  }
  if (type === 'integer' || type === 'number') return 'number';
  if (type === 'string' || type === 'boolean' || type === 'null') return type;
  if (Object.keys(schema).every((key) => key === 'description' || key === '$schema')) return 'unknown';
  throw new Error(`There is no type for ${JSON.stringify(schema)}.`);
}

/** @param {string | undefined} reference @param {Record<string, any>} definitions */
function definitionOf(reference, definitions) {
  return definitions[reference?.replace('#/$defs/', '') ?? ''];
}

/** The only recursive type is `Json`. @param {string} reference @param {Record<string, any>} definitions @param {string} indent */
function printReference(reference, definitions, indent) {
  const definition = definitionOf(reference, definitions);
  if (definition === undefined) throw new Error(`There is no ${reference}.`);
  if (!JSON.stringify(definition).includes(`"$ref":"${reference}"`)) return print(definition, definitions, indent);
  return 'Json';
}

/** @param {any} schema @param {Record<string, any>} definitions @param {string} indent */
function printObject({ properties, required = [], additionalProperties, propertyNames }, definitions, indent) {
  const inner = `${indent}  `;
  if (properties === undefined && typeof additionalProperties === 'object') {
    const value = print(additionalProperties, definitions, indent);
    if (propertyNames?.enum === undefined) return `Record<string, ${value}>`;
    return `Partial<Record<${print(propertyNames, definitions, indent)}, ${value}>>`;
  }
  const lines = Object.entries(properties ?? {}).map(([name, property]) => {
    const description = property.description ?? definitionOf(property.$ref, definitions)?.description;
    const comment = description === undefined ? '' : `${inner}/** ${description} */\n`;
    const optional = required.includes(name) ? '' : '?';
    return `${comment}${inner}${name}${optional}: ${print(property, definitions, inner)};\n`;
  });
  return `{\n${lines.join('')}${indent}}`;
}
