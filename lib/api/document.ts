import { componentSchemas, type JsonSchema, refTo, schemaOf } from './json-schema.ts';
import { type Example, MEDIA_TYPES, type Media, type Operation, type Response, TAGS } from './operation.ts';
import { HEADERS, PATH_PARAMETERS, PROBLEMS } from './parameters.ts';
import { OPERATIONS } from './table.ts';

type Json = Readonly<Record<string, unknown>>;

const ABOUT = `All that a person can do, a program can: the same URLs, with \`Authorization: Bearer TOKEN\`. People make tokens under *Settings*, bots get theirs when they are made.

JSON is the default; \`Accept: text/plain\` gives lines for a shell. Errors are \`application/problem+json\` with a \`code\`. Whoever may not see a group gets 404, whether it exists or not. A request is redirected only where its \`Accept\` names \`text/html\`.`;

const SECURITY: Readonly<Record<Operation['access'], readonly Json[]>> = {
  public: [],
  token: [{ token: [] }],
  member: [{ token: [] }],
  person: [{ personal: [] }],
  moderator: [{ personal: [] }],
};

/** The OpenAPI 3.1 document: the table's operations, with what the routes' own schemas take. */
export function describeApi(version: string): Json {
  return {
    openapi: '3.1.0',
    info: { title: 'Parley', version, description: ABOUT, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: '/', description: 'This server.' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths: pathsOf(OPERATIONS),
    components: {
      schemas: componentSchemas(),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'The token of a bot, or of a person.' },
        personal: { type: 'http', scheme: 'bearer', description: 'The token of a person: bots are refused.' },
      },
    },
  };
}

function pathsOf(operations: readonly Operation[]): Json {
  const paths = Map.groupBy(operations, ({ path }) => path);
  return Object.fromEntries(
    [...paths].map(([path, those]) => [path, Object.fromEntries(those.map((one) => [one.method, operationOf(one)]))]),
  );
}

function operationOf(operation: Operation): Json {
  const { id, tag, summary, description, access, body } = operation;
  return {
    ...{ operationId: id, tags: [tag], summary, ...(description === undefined ? {} : { description }) },
    security: SECURITY[access],
    parameters: parametersOf(operation),
    ...(body ? { requestBody: { required: body.optional !== true, content: requestContent(operation) } } : {}),
    responses: { ...responsesOf(operation), ...problemsOf(operation) },
  };
}

/** The name that ties together the parts of one example, wherever they stand in the document. */
export const exampleName = ({ title }: Example): string =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');

type Part = (example: Example) => unknown;

/** The examples that say something here: a part that is undefined is left out. */
function examplesOf(examples: readonly Example[], part: Part): Json {
  const said = examples.flatMap((example) => {
    const value = part(example);
    return value === undefined ? [] : [[exampleName(example), { summary: example.title, value }] as const];
  });
  return said.length === 0 ? {} : { examples: Object.fromEntries(said) };
}

function parametersOf({ path, query, headers = [], examples }: Operation): Json[] {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const inPath = names.map((name) =>
    parameter(
      'path',
      name,
      schemaOf(PATH_PARAMETERS[name] ?? unknown(name)),
      true,
      examplesOf(examples, (one) => one.path?.[name]),
    ),
  );
  const asked = query ? schemaOf(query) : {};
  const inQuery = Object.entries(asked.properties ?? {}).map(([name, schema]) =>
    parameter(
      'query',
      name,
      schema,
      asked.required?.includes(name) ?? false,
      examplesOf(examples, (one) => one.query?.[name]),
    ),
  );
  const inHeader = headers.map((name) =>
    parameter(
      'header',
      name,
      schemaOf(HEADERS[name] ?? unknown(name)),
      false,
      examplesOf(examples, (one) => one.headers?.[name]),
    ),
  );
  return [...inPath, ...inQuery, ...inHeader];
}

const unknown = (name: string): never => {
  throw new Error(`lib/api/parameters.ts does not know ${name}`);
};

const parameter = (where: string, name: string, { description, ...schema }: JsonSchema, required: boolean, examples: Json): Json => ({
  ...{ name, in: where, required, description, schema },
  ...examples,
});

const isText = (media: Media): boolean => media !== 'json' && media !== 'form' && media !== 'multipart';

function requestContent({ body, examples }: Operation): Json {
  return Object.fromEntries(
    (body?.media ?? []).map((media) => [
      MEDIA_TYPES[media],
      {
        schema: isText(media) ? { type: 'string' } : body && refTo(media === 'multipart' ? (body.upload ?? body.schema) : body.schema),
        ...examplesOf(examples, (one) => (one.body?.media === media ? one.body.value : undefined)),
      },
    ]),
  );
}

function responsesOf({ responses, examples }: Operation): Json {
  return Object.fromEntries(
    Object.entries(responses).map(([status, response]) => {
      const here = examples.filter((one) => one.status === Number(status));
      const content = response.media
        .filter((media) => media !== 'none')
        .map((media) => [MEDIA_TYPES[media], contentOf(response, media, here)]);
      const headers = Object.entries(response.headers ?? {}).map(([name, description]) => [
        name,
        { description, schema: { type: 'string' } },
      ]);
      return [
        status,
        {
          description: response.description,
          ...(headers.length > 0 ? { headers: Object.fromEntries(headers) } : {}),
          ...(content.length > 0 ? { content: Object.fromEntries(content) } : {}),
        },
      ];
    }),
  );
}

function contentOf({ schema: name, list }: Response, media: Media, examples: readonly Example[]): Json {
  const whole = name && refTo(name);
  const schema = isText(media) || !whole ? { type: 'string' } : list ? { type: 'array', items: whole } : whole;
  return { schema, ...examplesOf(examples, ({ answer }) => (answer.media === media ? answer.value : undefined)) };
}

/** The statuses that an operation says, and those that go without saying. */
function problemsOf({ access, problems = {}, examples, path }: Operation): Json {
  const usual: number[] = [
    ...(access === 'public' ? [] : [400, 401, 429]),
    ...(path.includes('{') ? [404] : []),
    ...Object.keys(problems).map(Number),
    503,
  ];
  return Object.fromEntries(
    [...new Set(usual)].sort().map((status) => [
      status,
      {
        description: problems[status] || PROBLEMS[status] || 'Refused.',
        content: {
          'application/problem+json': {
            schema: refTo('Problem'),
            ...examplesOf(examples, (one) => (one.status === status ? one.answer.value : undefined)),
          },
        },
      },
    ]),
  );
}
