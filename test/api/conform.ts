import type { JsonSchema } from '../../lib/api/json-schema.ts';

/** Where `$ref`s lead. */
export type Schemas = Readonly<Record<string, JsonSchema>>;

const typeOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

/**
 * What in a value is not as a schema says, as paths with a word each. A field that the schema does not name is a fault too, unless it says that others
 * may come: so nothing is answered that is not described. Covers what our schemas use of draft 2020-12.
 */
export function faultsIn(schema: JsonSchema, value: unknown, schemas: Schemas, at = '$'): string[] {
  if (schema.$ref !== undefined) return faultsIn(targetOf(schema.$ref, schemas), value, schemas, at);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) {
    const tried = choices.map((choice) => faultsIn(choice, value, schemas, at));
    return tried.some((faults) => faults.length === 0) ? [] : [`${at}: fits none of ${tried.length} (${tried.flat().join('; ')})`];
  }
  if ('const' in schema && value !== schema.const) return [`${at}: not ${JSON.stringify(schema.const)}`];
  if (schema.enum && !schema.enum.includes(value)) return [`${at}: ${JSON.stringify(value)} is none of ${JSON.stringify(schema.enum)}`];
  if (!hasType(schema, value)) return [`${at}: ${typeOf(value)}, not ${JSON.stringify(schema.type)}`];
  if (typeof value === 'string') return faultsInText(schema, value, at);
  if (typeof value === 'number') return faultsInNumber(schema, value, at);
  if (Array.isArray(value))
    return value.flatMap((one, index) => (schema.items ? faultsIn(schema.items, one, schemas, `${at}[${index}]`) : []));
  return value !== null && typeof value === 'object' ? faultsInObject(schema, value, schemas, at) : [];
}

export function targetOf(ref: string, schemas: Schemas): JsonSchema {
  const found = schemas[ref.replace('#/components/schemas/', '')];
  if (!found) throw new Error(`${ref} leads nowhere`);
  return found;
}

function hasType({ type }: JsonSchema, value: unknown): boolean {
  if (type === undefined) return true;
  const is = typeOf(value);
  return [type].flat().some((one) => one === is || (one === 'integer' && Number.isInteger(value)));
}

function faultsInText({ minLength, maxLength, pattern, format }: JsonSchema, value: string, at: string): string[] {
  const faults: string[] = [];
  if (typeof minLength === 'number' && value.length < minLength) faults.push(`${at}: shorter than ${minLength}`);
  if (typeof maxLength === 'number' && value.length > maxLength) faults.push(`${at}: longer than ${maxLength}`);
  if (typeof pattern === 'string' && !new RegExp(pattern).test(value)) faults.push(`${at}: not like ${pattern}`);
  if (format === 'date-time' && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value)) faults.push(`${at}: no time`);
  return faults;
}

function faultsInNumber({ minimum, maximum }: JsonSchema, value: number, at: string): string[] {
  const faults: string[] = [];
  if (typeof minimum === 'number' && value < minimum) faults.push(`${at}: less than ${minimum}`);
  if (typeof maximum === 'number' && value > maximum) faults.push(`${at}: more than ${maximum}`);
  return faults;
}

function faultsInObject(schema: JsonSchema, value: object, schemas: Schemas, at: string): string[] {
  const { properties = {}, required = [], additionalProperties: others = schema.type === undefined } = schema;
  const missing = required.filter((name) => !(name in value)).map((name) => `${at}.${name}: missing`);
  const wrong = Object.entries(value).flatMap(([name, one]) => {
    const known = properties[name];
    if (known) return faultsIn(known, one, schemas, `${at}.${name}`);
    return others === undefined || others === false ? [`${at}.${name}: not described`] : [];
  });
  return [...missing, ...wrong];
}
