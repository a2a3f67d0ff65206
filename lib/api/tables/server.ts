import type { Operation } from '../operation.ts';

/** The server itself. */
export const serverTable: readonly Operation[] = [
  {
    id: 'health',
    method: 'get',
    path: '/healthz',
    tag: 'Server',
    access: 'public',
    summary: 'Whether the process answers',
    responses: { 200: { description: 'It does.', schema: 'Health', media: ['json'] } },
    examples: [{ title: 'Health', status: 200, answer: { media: 'json', value: { status: 'ok' } } }],
  },
  {
    id: 'readiness',
    method: 'get',
    path: '/readyz',
    tag: 'Server',
    access: 'public',
    summary: 'Whether store and bus answer',
    responses: {
      200: { description: 'They do.', schema: 'Readiness', media: ['json'] },
      503: { description: 'One does not.', schema: 'Readiness', media: ['json'] },
    },
    examples: [{ title: 'Readiness', status: 200, answer: { media: 'json', value: { status: 'ready', store: 'up', bus: 'up' } } }],
  },
  {
    id: 'metrics',
    method: 'get',
    path: '/metrics',
    tag: 'Server',
    access: 'public',
    summary: 'Figures for Prometheus',
    description: 'From this machine, or with METRICS_TOKEN as bearer token.',
    responses: { 200: { description: 'The figures.', media: ['prometheus'] } },
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
    summary: 'This description, to be read',
    responses: { 200: { description: 'A page.', media: ['html'] } },
    examples: [{ title: 'Docs', status: 200, answer: { media: 'html' } }],
  },
];
