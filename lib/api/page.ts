import { curlOf } from './curl.ts';
import { errorStatusesOf, errorText } from './error-responses.ts';
import { componentSchemas, type JsonSchema, schemaOf } from './json-schema.ts';
import { MEDIA_TYPES, type Media, type Operation, type Response, TAGS } from './operation.ts';
import { HEADERS, PATH_PARAMETERS } from './parameters.ts';
import { draftSchemas } from './schemas/drafts.ts';
import { ephemeralSchemas } from './schemas/ephemeral.ts';
import { eventSchemas } from './schemas/events.ts';
import { OPERATIONS } from './table.ts';

/** A table row: a field or parameter, its type in words, and its description. */
type FieldRow = { readonly name: string; readonly type: string; readonly needed: boolean; readonly says: readonly string[] };

/** The inputs of templates/api/index.njk. `origin`: of this server, for the curl commands. */
export function docsOf(origin: string) {
  const schemas = componentSchemas();
  const of = (operation: Operation) => showOperation(origin, schemas, operation);
  const sections = Object.entries(TAGS)
    .map(([tag, says]) => ({ id: `on-${tag.toLowerCase()}`, tag, says, operations: OPERATIONS.filter((one) => one.tag === tag).map(of) }))
    .filter(({ operations }) => operations.length > 0);
  const shapes = Object.entries(schemas)
    .filter(([name]) => isReceived(name))
    .map(([name, schema]) => ({ id: `shape-${name}`, name, says: prose(describe(schema)), fields: fieldsOf(schema) }));
  return { origin, sections, shapes };
}

const describe = (schema: JsonSchema): string =>
  [schema.description ?? '', ...(schema.anyOf ? [`One of these: ${typeOf(schema)}.`] : [])].join(' ');

/** Whether clients receive this schema: a response, an error or an event. */
const isReceived = (name: string): boolean =>
  name in eventSchemas ||
  name in draftSchemas ||
  name in ephemeralSchemas ||
  ['Problem', 'WebhookError', 'DiscordError'].includes(name) ||
  OPERATIONS.some(({ responses }) => Object.values(responses).some(({ schema }) => [schema].flat().some((one) => one === name)));

function showOperation(origin: string, schemas: Readonly<Record<string, JsonSchema>>, operation: Operation) {
  const { id, method, path, summary, description = '', access, body, responses, problems = {}, examples } = operation;
  return {
    ...{ id, method: method.toUpperCase(), path, summary, description: prose(description) },
    access: ACCESS[access],
    parameters: parametersOf(operation),
    body: body
      ? { types: kinds(body.media), optional: body.optional === true, forms: formsOf(schemas[body.upload ?? body.schema ?? ''] ?? {}) }
      : null,
    answers: [
      ...Object.entries(responses).map(([status, response]) => answerOf(status, response)),
      ...errorStatusesOf(operation)
        .filter((status) => status in problems)
        .map((status) => problemOf(operation, status)),
    ],
    examples: examples.map((one) => ({
      title: one.title,
      line: curlOf(origin, operation, one),
      status: one.status,
      answer: shown(one.answer.value),
    })),
  };
}

const ACCESS: Readonly<Record<Operation['access'], string>> = {
  public: 'No token required.',
  token: 'Any token.',
  member: 'The token of a member.',
  person: 'The token of a person.',
  moderator: 'The token of a person who manages the group.',
};

/** Splits a text at backticks into alternating parts of text and code. Empty for an empty text. */
const prose = (text: string): string[] => (text === '' ? [] : text.split('`'));

const kinds = (media: readonly Media[]): string =>
  media
    .filter((media) => media !== 'none')
    .map((media) => MEDIA_TYPES[media])
    .join(', ');

const answerOf = (status: string, { description, schema, list, media }: Response) => ({
  ...{ status, what: prose(description), kinds: kinds(media) },
  shape: typeof schema !== 'string' ? null : { name: schema, many: list === true },
});

const problemOf = (operation: Operation, status: number) => ({
  ...{ status: String(status), what: prose(errorText(operation, status)), kinds: '' },
  shape: null,
});

const shown = (value: unknown): string => (value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value, null, 2));

function parametersOf({ path, query, headers = [] }: Operation): (FieldRow & { readonly where: string })[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].flatMap(([, name = '']) => {
    const schema = PATH_PARAMETERS[name];
    return schema ? [{ ...rowOf(name, schemaOf(schema), true), where: 'path' }] : [];
  });
  const inQuery = query ? fieldsOf(schemaOf(query)).map((row) => ({ ...row, where: 'query' })) : [];
  const inHeader = headers.flatMap((name) => {
    const schema = HEADERS[name];
    return schema ? [{ ...rowOf(name, schemaOf(schema), false), where: 'header' }] : [];
  });
  return [...inPath, ...inQuery, ...inHeader];
}

/** The fields of each alternative of a body. */
const formsOf = (schema: JsonSchema) =>
  (schema.oneOf ?? schema.anyOf ?? [schema]).map((form) => ({ says: prose(form.description ?? ''), fields: fieldsOf(form) }));

const fieldsOf = ({ properties = {}, required = [] }: JsonSchema): FieldRow[] =>
  Object.entries(properties).map(([name, schema]) => rowOf(name, schema, required.includes(name)));

const rowOf = (name: string, schema: JsonSchema, needed: boolean): FieldRow => ({
  ...{ name, type: typeOf(schema), needed },
  says: prose(
    [schema.description, schema.default === undefined ? undefined : `Default: \`${JSON.stringify(schema.default)}\`.`]
      .filter(Boolean)
      .join(' '),
  ),
});

/** A type in words: `text`, `number`, `list of …`, or the allowed values. */
function typeOf(schema: JsonSchema): string {
  if (schema.$ref !== undefined) return schema.$ref.split('/').at(-1) ?? '';
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(' or ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map(typeOf).join(' or ');
  if (Array.isArray(schema.type)) return schema.type.map(wordFor).join(' or ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`;
  if (schema.format === 'date-time') return 'time';
  if (schema.contentMediaType !== undefined) return 'file';
  return wordFor(String(schema.type ?? 'anything'));
}

const WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'number',
  boolean: 'true or false',
  object: 'object',
  null: 'null',
};
const wordFor = (type: string): string => WORDS[type] ?? type;
