/**
 * The least that a durable post can cost here: a bare Node http server over the same store, log writer and group commit. It knows nobody, checks nothing and
 * understands nothing: the body of POST /<group> is the message, whose author is always the same. `GROUPS` says how many groups there are.
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
const groups = new Map<string, Awaited<ReturnType<typeof insertGroup>>>();
for (let i = 0; i < Number(process.env.GROUPS); i += 1) groups.set(`/${i}`, await insertGroup(core, `Room ${i}`, false));

function take(request: IncomingMessage, response: ServerResponse): void {
  let body = '';
  request.setEncoding('utf8').on('data', (chunk: string) => {
    body += chunk;
  });
  request.once('end', () => {
    const group = groups.get(request.url ?? '');
    if (!group) throw new Error(`no group ${request.url}`);
    const draft = { kind: 'message', author, uid: newUid(core.random), body, format: 'text' } as const;
    core.appender.append(group.id, draft).then(
      () => response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': 2 }).end('ok'),
      () => response.writeHead(503).end(),
    );
  });
}

const { createServer } = process.getBuiltinModule('node:http'); // as the real server has it
const server = createServer(take);
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
);
process.once('SIGTERM', () => void core.close().then(() => process.exit(0)));
