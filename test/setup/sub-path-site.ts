import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { Running } from '../cli/cli.ts';
import { Client } from '../helpers/client.ts';
import { type Service, startService } from '../helpers/process.ts';
import { present, program } from '../helpers/services.ts';

export const nginx = program('nginx');

export const BASE = '/chat';

/** The site below a path of a proxy, where another program has the other paths. `url` has the path; `env`: the settings of the server. */
export type SubPathSite = { readonly url: string; readonly env: Readonly<Record<string, string>>; readonly proxy: Service };

/** nginx in front of a Unix socket. `keepsPath`: whether it passes the path as it is, or without `/chat`. */
function config(port: number, dir: string, socket: string, keepsPath: boolean): string {
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${dir}/${name};`);
  return `
daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${dir}/pid;
events {}
error_log stderr notice;
http {
  access_log off;
  ${folders.join('\n  ')}
  upstream parley { server unix:${socket}; }
  server {
    listen 127.0.0.1:${port};
    location ${BASE}/ {
      proxy_pass http://parley${keepsPath ? '' : '/'};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_request_buffering off;
    }
    location / { return 404 "another program\\n"; }
  }
}`;
}

/** A server process on a Unix socket, below /chat of nginx. Both end with the test. */
export async function openSubPath(t: ExecutionContext, { keepsPath = true } = {}): Promise<SubPathSite> {
  const dir = mkdtempSync(join(tmpdir(), 'parley-sub-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const socket = join(dir, 'parley.sock');
  const proxy = await startService({
    name: 'nginx',
    command: present(nginx).path,
    args: (port, folder) => {
      const file = join(folder, 'nginx.conf');
      writeFileSync(file, config(port, folder, socket, keepsPath));
      return ['-p', folder, '-c', file, '-e', 'stderr'];
    },
    listening: /start worker process /,
    url: (port) => `http://localhost:${port}${BASE}`,
  });
  t.teardown(() => proxy.stop());
  const env = {
    DATA_DIR: join(dir, 'data'),
    LISTEN: socket,
    PUBLIC_URL: proxy.url,
    TRUST_PROXY: 'on',
    POSTS_PER_SECOND: '0',
    ALLOW_OUTGOING: '127.0.0.1',
  };
  const server = new Running(env, ['serve']);
  t.teardown(() => server.ended('SIGTERM'));
  await server.listening();
  return { url: proxy.url, env, proxy };
}

/** A client whose paths are those of the whole origin. */
export const visitor = ({ url }: SubPathSite): Client => new Client(new URL(url).origin);
