import { errorResponsesOf } from './error-responses.ts';
import { examplesOf, type Json } from './examples.ts';
import { componentSchemas, type JsonSchema, refTo, schemaOf } from './json-schema.ts';
import { MEDIA_TYPES, type Operation, TAGS } from './operation.ts';
import { HEADERS, PATH_PARAMETERS } from './parameters.ts';
import { requestBodyOf } from './request-body.ts';
import { responsesOf } from './responses.ts';
import { OPERATIONS } from './table.ts';

const ABOUT = `The API has the same URLs as the pages; requests carry \`Authorization: Bearer TOKEN\`. People create tokens under *Settings*; a bot's token is shown when the bot is created.

JSON is the default. If a response has the extension \`x-text\`, \`Accept: text/plain\` returns lines of text for a shell; if a request body has \`x-form\`, a form with the same fields is accepted too. Errors are \`application/problem+json\` with a \`code\`. A group that you are not a member of answers 404, as if it did not exist. A request is redirected only if its \`Accept\` names \`text/html\`. A request for a host name that the server is not known by (\`ALLOWED_HOSTS\`) is answered 421, whatever its path, except health checks and metrics.`;

const SECURITY: Readonly<Record<Operation['access'], readonly Json[]>> = {
  public: [],
  token: [{ token: [] }],
  member: [{ token: [] }],
  person: [{ personal: [] }],
  moderator: [{ personal: [] }],
};

/** The OpenAPI 3.1 document, built from the tables of operations and the schemas of the routes. `basePath`: below which this server has its paths. */
export function describeApi(version: string, basePath = ''): Json {
  return {
    openapi: '3.1.0',
    info: { title: 'Parley', version, description: ABOUT, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: basePath || '/', description: 'This server.' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths: pathsOf(OPERATIONS),
    webhooks: { event: { post: outgoingWebhook } },
    components: {
      schemas: componentSchemas(),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'The token of a bot or of a person.' },
        personal: { type: 'http', scheme: 'bearer', description: 'The token of a person; bots are refused.' },
      },
    },
  };
}

/** What a bot with an outgoing webhook receives. */
const outgoingWebhook: Json = {
  operationId: 'receiveEvent',
  tags: ['Webhooks'],
  summary: 'An event, sent to a bot’s outgoing webhook',
  description: 'Signed according to Standard Webhooks. docs/bots.md describes retries and replies.',
  requestBody: { required: true, content: { [MEDIA_TYPES.json]: { schema: refTo('WebhookEvent') } } },
  responses: {
    '2XX': {
      description:
        'Received. A body of text, Markdown or JSON is posted as the bot’s reply to the message of the event; `reply_to` in the JSON names another message, or none (null).',
    },
  },
};

function pathsOf(operations: readonly Operation[]): Json {
  const paths = Map.groupBy(operations, ({ path }) => path);
  return Object.fromEntries(
    [...paths].map(([path, those]) => [path, Object.fromEntries(those.map((one) => [one.method, operationOf(one)]))]),
  );
}

function operationOf(operation: Operation): Json {
  const { id, tag, summary, description, access } = operation;
  const requestBody = requestBodyOf(operation);
  return {
    ...{ operationId: id, tags: [tag], summary, ...(description === undefined ? {} : { description }) },
    security: SECURITY[access],
    parameters: parametersOf(operation),
    ...(requestBody ? { requestBody } : {}),
    responses: { ...responsesOf(operation), ...errorResponsesOf(operation) },
  };
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
  const querySchema: JsonSchema = query ? schemaOf(query) : {};
  const inQuery = Object.entries(querySchema.properties ?? {}).map(([name, schema]) =>
    parameter(
      'query',
      name,
      schema,
      querySchema.required?.includes(name) ?? false,
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
  throw new Error(`lib/api/parameters.ts has no parameter ${name}`);
};

const parameter = (where: string, name: string, { description, ...schema }: JsonSchema, required: boolean, examples: Json): Json => ({
  ...{ name, in: where, required, description, schema },
  ...examples,
});
