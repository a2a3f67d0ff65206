import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { JsonSchema } from '../../lib/api/json-schema.ts';

/** Resolves `$ref`s. */
export type Schemas = Readonly<Record<string, JsonSchema>>;

const ajv = new Ajv2020({ allErrors: true, strict: false });
formats.default(ajv, ['date-time']);

const compiled = new Map<string, ValidateFunction>();

/**
 * What in a value is not as a schema says, as paths with a reason each. A field that the schema does not name is a fault too, unless it says that others
 * may come: so nothing is answered that is not described.
 */
export function faultsIn(schema: JsonSchema, value: unknown, schemas: Schemas): string[] {
  const validate = validatorFor(schema, schemas);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) => `$${instancePath} ${message} ${JSON.stringify(params)}`);
}

function validatorFor(schema: JsonSchema, schemas: Schemas): ValidateFunction {
  const name = JSON.stringify(schema);
  const known = compiled.get(name);
  if (known) return known;
  const made = ajv.compile({ ...closed(schema), components: { schemas: closed(schemas) } });
  compiled.set(name, made);
  return made;
}

/** The same schemas, with objects that take only the fields they name, where they do not say otherwise. */
function closed<T>(part: T): T {
  if (typeof part !== 'object' || part === null) return part;
  if (Array.isArray(part)) return part.map(closed) as T;
  const inside = Object.fromEntries(Object.entries(part).map(([name, one]) => [name, closed(one)]));
  const isOpen = !('properties' in part) || !('type' in part) || 'additionalProperties' in part;
  return (isOpen ? inside : { ...inside, additionalProperties: false }) as T;
}

export function targetOf(ref: string, schemas: Schemas): JsonSchema {
  const found = schemas[ref.replace('#/components/schemas/', '')];
  if (!found) throw new Error(`${ref} leads nowhere`);
  return found;
}
