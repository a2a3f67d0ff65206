/** Routes that the API's description leaves out, each with the reason at its head. */
export const NOT_DESCRIBED: readonly string[] = [
  // Pages and the forms on them: what they do is described by another method, or is for people alone.
  'GET /',
  ...['signup', 'login', 'logout'].flatMap((form) => [`GET /${form}`, `POST /${form}`]),
  'GET /settings',
  ...['password', 'logout-everywhere', 'tokens', 'tokens/:id/revoke'].map((form) => `POST /settings/${form}`),
  // What a browser does for its notifications, with its session; and what makes the site an app.
  ...['GET', 'POST', 'DELETE'].map((method) => `${method} /settings/push`),
  'POST /settings/push/:id',
  'GET /sw.js',
  'GET /manifest.webmanifest',
  'GET /admin',
  'POST /admin',
  'GET /groups/:slug/live',
  'GET /groups/:slug/invite.svg',
  'GET /groups/:slug/bots',
  'POST /groups/:slug/bots',
  'GET /groups/:slug/bots/:id',
  'POST /groups/:slug/bots/:id',
  'GET /groups/:slug/messages/:seq/quote',
  'GET /emoji',
  'GET /groups/:slug/messages/:seq/edit',
  'POST /groups/:slug/messages/:seq/edit',
  'POST /groups/:slug/messages/:seq/erase',
  'GET /rooms/:room/@:id',
  'GET /files/:id/thumb',
  'GET /files/:id/:name',
  // The same calls by another method or at the addresses that clients of other chats insist on: docs/bots.md has them.
  ...[
    '/hooks/:id/:token',
    '/hooks/:id/:token/:as',
    '/services/:token',
    '/services/:id/:bot/:token',
    '/api/webhooks/:id/:token',
    '/api/webhooks/:id/:token/:as',
    '/api/:version/webhooks/:id/:token',
    '/api/:version/webhooks/:id/:token/:as',
  ].flatMap((path) => [`GET ${path}`, `POST ${path}`, `PUT ${path}`]),
  ...['/api/webhooks/:id/:token/messages/:message', '/api/:version/webhooks/:id/:token/messages/:message'].flatMap((path) =>
    ['GET', 'PATCH', 'DELETE'].map((method) => `${method} ${path}`),
  ),
];
