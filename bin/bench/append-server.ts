/**
 * Lower bound for the cost of a durable post: a bare Node.js http server over the same store, log writer and group commit. It does not authenticate, check or
 * parse anything: the body of POST /<group> is the message, and the author is always the same. `GROUPS`: number of groups.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAccount } from '../../lib/accounts/operations.ts';
import { readConfig } from '../../lib/config.ts';
import { insertGroup } from '../../lib/groups/operations.ts';
import { newUid } from '../../lib/ids.ts';
import { openCore } from '../../lib/open-core.ts';

const core = await openCore(readConfig(process.env), { role: 'server', bcryptCost: 4 });
const { id: author } = await createAccount(core, { name: 'Bench', password: null });
await core.store.startWriterThread?.();
const groups = new Map<string, Awaited<ReturnType<typeof insertGroup>>>();
for (let i = 0; i < Number(process.env.GROUPS); i += 1) groups.set(`/${i}`, await insertGroup(core, `Group ${i}`, false));

function onPost(request: IncomingMessage, response: ServerResponse): void {
  let body = '';
  request.setEncoding('utf8').on('data', (chunk: string) => {
    body += chunk;
  });
  request.once('end', () => {
    const group = groups.get(request.url ?? '');
    if (!group) throw new Error(`no group at ${request.url}`);
    const draft = { kind: 'message', author, uid: newUid(core.random), body, format: 'text' } as const;
    core.appender.append(group.id, draft).then(
      () => response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': 2 }).end('ok'),
      () => response.writeHead(503).end(),
    );
  });
}

const { createServer } = process.getBuiltinModule('node:http'); // as in the real server
const server = createServer(onPost);
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
);
process.once('SIGTERM', () => void core.close().then(() => process.exit(0)));
