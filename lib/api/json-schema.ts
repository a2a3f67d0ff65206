import { z } from 'zod';
import { SCHEMAS, type SchemaName } from './schemas.ts';

/** A JSON Schema (draft 2020-12): the keywords that the document uses. */
export type JsonSchema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly [word: string]: unknown;
};

export const refTo = (name: SchemaName): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

type Slot = { -readonly [K in keyof JsonSchema]: JsonSchema[K] };

/** Describes a number field that also accepts text as a number, and removes keywords that every schema would repeat. */
function tidy({ jsonSchema }: { readonly jsonSchema: object }): void {
  const schema = jsonSchema as Slot;
  if (schema.type !== undefined) delete schema.anyOf;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  delete schema.$id;
  delete schema.$schema;
}

/** The JSON Schema of the input of a Zod schema. */
export const schemaOf = (schema: z.ZodType): JsonSchema => {
  const made = z.toJSONSchema(schema, { io: 'input', override: tidy }) as Slot;
  delete made.$schema;
  return made;
};

/**
 * Moves a default into the description: the keyword would make the field required in the types of openapi-typescript, and the Python client would
 * always send it.
 */
function describeDefault({ jsonSchema }: { readonly jsonSchema: object }): void {
  tidy({ jsonSchema });
  const schema = jsonSchema as Slot;
  if (schema.default === undefined) return;
  schema.description = [schema.description, `Default: \`${JSON.stringify(schema.default)}\`.`].filter(Boolean).join(' ');
  delete schema.default;
}

/** All named schemas; nested ones are references. */
export function componentSchemas(): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(SCHEMAS)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { io: 'input', uri: (id) => refTo(id as SchemaName).$ref ?? '', override: describeDefault });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $schema: _schema, $id: _id, ...schema }]) => [name, schema as JsonSchema]),
  );
}
