import { once } from 'node:events';
import { Agent, request } from 'node:http';
import test from 'ava';
import { openHookSite } from './fixtures.ts';

/* Most webhook posts skip the Koa middleware: what the middleware does must be done for them too. */

const { site, token } = await openHookSite({ POSTS_PER_SECOND: undefined });
test.after.always(() => site.close());

const FORMS = [
  ['/hooks/TOKEN', '/hooks/:token'],
  ['/hooks/TOKEN?x=1', '/hooks/:token'],
  ['/services/T0/B0/TOKEN', '/services/:id/:bot/:token'],
  ['/api/webhooks/1/TOKEN', '/api/webhooks/:id/:token'],
] as const;
const count = async (route: string, status: string): Promise<number> => {
  const { text } = await site.client().get('/metrics', '*/*');
  const line = `parley_http_request_duration_seconds_count{method="POST",route="${route}",status="${status}"} `;
  return Number(text.split(line)[1]?.split('\n')[0] ?? 0);
};

for (const [path, route] of FORMS)
  test.serial(`incoming webhook: POST ${path} is counted by route and status and has the usual headers`, async (t) => {
    const [taken, refused] = [await count(route, '2xx'), await count(route, '4xx')];
    const answer = await site.client().send(path.replace('TOKEN', token), { method: 'POST', body: '{"content":"x"}' });
    t.is(answer.status, 204, 'a Discord payload');
    const none = await site.client().send(path.replace('TOKEN', 'x'.repeat(40)), { method: 'POST', body: 'x' });
    t.is(none.status, 404);
    t.deepEqual([await count(route, '2xx'), await count(route, '4xx')], [taken + 1, refused + 1]);
    for (const { headers } of [answer, none]) {
      t.is(headers.get('cache-control'), 'no-store');
      t.is(headers.get('x-content-type-options'), 'nosniff');
      t.regex(headers.get('x-request-id') ?? '', /^\w{26}$/);
      t.is(headers.get('set-cookie'), null);
    }
    t.is(answer.headers.get('content-length'), null, 'none with 204');
  });

test.serial(
  'incoming webhook: cross-site posts are accepted on the fast path as in the middleware, since only the URL counts',
  async (t) => {
    const answer = await site.client().send(`/hooks/${token}`, {
      method: 'POST',
      body: 'x',
      headers: { Origin: 'https://elsewhere.example', 'Sec-Fetch-Site': 'cross-site' },
    });
    t.deepEqual([answer.status, answer.text, answer.headers.get('content-type')], [200, 'ok', 'text/plain; charset=utf-8']);
  },
);

test.serial('incoming webhook: a connection serves several posts, also after a response without a body', async (t) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  const ports = new Set<number | undefined>();
  for (const [path, status] of [
    [`/hooks/${token}`, 200],
    [`/api/webhooks/1/${token}`, 204],
    [`/hooks/${token}`, 200],
  ] as const) {
    const asked = request(`${site.url}${path}`, { method: 'POST', agent });
    asked.end('hello');
    const [answer] = await once(asked, 'response');
    ports.add(asked.socket?.localPort);
    t.is(answer.statusCode, status, path);
    answer.resume();
    await once(answer, 'end');
  }
  t.is(ports.size, 1);
});
