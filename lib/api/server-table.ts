import type { Operation } from './operation.ts';

/** What tells of the server. */
export const serverTable: readonly Operation[] = [
  {
    id: 'health',
    method: 'get',
    path: '/healthz',
    tag: 'Server',
    access: 'public',
    summary: 'Whether the process answers',
    replies: { 200: { what: 'It does.', as: 'Health', manners: ['json'] } },
    examples: [{ title: 'Health', status: 200, answer: { manner: 'json', value: { status: 'ok' } } }],
  },
  {
    id: 'readiness',
    method: 'get',
    path: '/readyz',
    tag: 'Server',
    access: 'public',
    summary: 'Whether store and bus answer',
    replies: {
      200: { what: 'They do.', as: 'Readiness', manners: ['json'] },
      503: { what: 'One does not.', as: 'Readiness', manners: ['json'] },
    },
    examples: [{ title: 'Readiness', status: 200, answer: { manner: 'json', value: { status: 'ready', store: 'up', bus: 'up' } } }],
  },
  {
    id: 'metrics',
    method: 'get',
    path: '/metrics',
    tag: 'Server',
    access: 'public',
    summary: 'Figures for Prometheus',
    description: 'From this machine, or with METRICS_TOKEN as bearer token.',
    replies: { 200: { what: 'The figures.', manners: ['prometheus'] } },
    examples: [{ title: 'Metrics', status: 200, answer: { manner: 'prometheus' } }],
  },
  {
    id: 'description',
    method: 'get',
    path: '/openapi.json',
    tag: 'Server',
    access: 'public',
    summary: 'This description',
    replies: { 200: { what: 'OpenAPI 3.1.', as: 'Description', manners: ['json'] } },
    examples: [{ title: 'OpenAPI', status: 200, answer: { manner: 'json' } }],
  },
  {
    id: 'documentation',
    method: 'get',
    path: '/docs',
    tag: 'Server',
    access: 'public',
    summary: 'This description, to be read',
    replies: { 200: { what: 'A page.', manners: ['html'] } },
    examples: [{ title: 'Docs', status: 200, answer: { manner: 'html' } }],
  },
];
