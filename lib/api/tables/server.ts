import type { Operation } from '../operation.ts';

/** The server itself. */
export const serverTable: readonly Operation[] = [
  {
    id: 'health',
    method: 'get',
    path: '/healthz',
    tag: 'Server',
    access: 'public',
    summary: 'Liveness',
    responses: { 200: { description: 'The process answers.', schema: 'Health', media: ['json'] } },
    examples: [{ title: 'Health', status: 200, answer: { media: 'json', value: { status: 'ok' } } }],
  },
  {
    id: 'readiness',
    method: 'get',
    path: '/readyz',
    tag: 'Server',
    access: 'public',
    summary: 'Readiness',
    description:
      'Without the bus the status is `degraded`: posts and streams work, and messages written by other processes arrive up to 2 s late.',
    responses: {
      200: {
        description: 'The database answers and the last writes succeeded. `bus` is `down` if the status is `degraded`.',
        schema: 'Readiness',
        media: ['json'],
      },
      503: { description: 'The database does not answer, or the last writes failed.', schema: 'Readiness', media: ['json'] },
    },
    examples: [{ title: 'Readiness', status: 200, answer: { media: 'json', value: { status: 'ready', store: 'up', bus: 'up' } } }],
  },
  {
    id: 'metrics',
    method: 'get',
    path: '/metrics',
    tag: 'Server',
    access: 'public',
    summary: 'Metrics for Prometheus',
    description: 'For requests from this machine, or with METRICS_TOKEN as bearer token.',
    responses: { 200: { description: 'The metrics.', media: ['prometheus'] } },
    problems: { 401: 'METRICS_TOKEN is set, and was not sent.', 404: 'Not from this machine, and METRICS_TOKEN is not set.' },
    examples: [{ title: 'Metrics', status: 200, answer: { media: 'prometheus' } }],
  },
  {
    id: 'description',
    method: 'get',
    path: '/openapi.json',
    tag: 'Server',
    access: 'public',
    summary: 'This description',
    responses: { 200: { description: 'OpenAPI 3.1.', schema: 'Description', media: ['json'] } },
    examples: [{ title: 'OpenAPI', status: 200, answer: { media: 'json' } }],
  },
  {
    id: 'documentation',
    method: 'get',
    path: '/docs',
    tag: 'Server',
    access: 'public',
    summary: 'This description, as a page',
    responses: { 200: { description: 'A page.', media: ['html'] } },
    examples: [{ title: 'Docs', status: 200, answer: { media: 'html' } }],
  },
];
