import { examplesOf, type Json } from './examples.ts';
import { refTo } from './json-schema.ts';
import type { ErrorFormat, Operation } from './operation.ts';
import { PROBLEMS } from './parameters.ts';

/** The media types of each error format, with their schemas. */
const CONTENT: Readonly<Record<ErrorFormat, Readonly<Record<string, Json>>>> = {
  problem: { 'application/problem+json': refTo('Problem') },
  webhook: {
    'text/plain': { type: 'string', description: 'An error code as in Slack: `no_service`, `invalid_payload`, …' },
    'application/json': { anyOf: [refTo('WebhookError'), refTo('DiscordError')] },
  },
  discord: { 'application/json': refTo('DiscordError') },
};

const HEADERS: Readonly<Record<number, Readonly<Record<string, Json>>>> = {
  401: { 'WWW-Authenticate': { description: 'The authentication scheme.', required: true, schema: { type: 'string' } } },
  429: { 'Retry-After': { description: 'In how many seconds to try again.', schema: { type: 'integer' } } },
  503: { 'Retry-After': { description: 'In how many seconds to try again.', schema: { type: 'integer' } } },
};

/** The statuses of an operation's errors, ascending: its own, and those that follow from its access and path. */
export function errorStatusesOf({ access, problems = {}, path }: Pick<Operation, 'access' | 'problems' | 'path'>): number[] {
  const usual = [...(access === 'public' ? [] : [400, 401, 429]), ...(path.includes('{') ? [404] : []), 503];
  return [...new Set([...usual, ...Object.keys(problems).map(Number)])].sort();
}

/** What an error status of an operation means. */
export const errorText = ({ problems = {} }: Pick<Operation, 'problems'>, status: number): string =>
  problems[status] || PROBLEMS[status] || 'Refused.';

/** The error responses of an operation in OpenAPI. */
export function errorResponsesOf(operation: Operation): Json {
  return Object.fromEntries(
    errorStatusesOf(operation)
      .filter((status) => !(status in operation.responses))
      .map((status) => [status, errorResponse(operation, status)]),
  );
}

function errorResponse(operation: Operation, status: number): Json {
  const { examples, errors = 'problem' } = operation;
  const here = examples.filter((one) => one.status === status);
  const content = Object.entries(CONTENT[errors]).map(([type, schema]) => {
    const isText = type.startsWith('text/');
    return [type, { schema, ...examplesOf(here, ({ answer }) => ((answer.media === 'text') === isText ? answer.value : undefined)) }];
  });
  const headers = HEADERS[status];
  return { description: errorText(operation, status), ...(headers ? { headers } : {}), content: Object.fromEntries(content) };
}
