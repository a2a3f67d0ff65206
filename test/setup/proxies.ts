import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Service, startService } from '../helpers/process.ts';
import { type Missing, program } from '../helpers/programs.ts';

/** A proxy with TLS and HTTP/2 that runs a file of deploy/ in front of a server at 127.0.0.1. */
export type StartProxy = (serverPort: string) => Promise<Service>;

/** Replaces what a file has once: names, ports and paths that are not those of a test. */
function adapt(text: string, changes: Readonly<Record<string, string>>): string {
  for (const [from, to] of Object.entries(changes)) {
    if (text.split(from).length !== 2) throw new Error(`deploy/ must have ${from} once`);
    text = text.replace(from, () => to);
  }
  return text;
}

/** Like Debian's /etc/nginx/nginx.conf with `gzip on`, and writable folders. */
const debianNginx = (dir: string): string => `
daemon off;
worker_processes 1;
pid ${dir}/pid;
error_log stderr notice;
events {}
http {
  gzip on;
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${dir}/${name};`).join('\n  ')}
  include ${dir}/parley.conf;
}`;

function certify(dir: string): void {
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2'];
  const files = ['-keyout', join(dir, 'key.pem'), '-out', join(dir, 'cert.pem')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', ...subject, ...files], {
    stdio: 'ignore',
  });
}

export function nginx(): { readonly start: StartProxy } | Missing {
  const found = program('nginx');
  if ('missing' in found) return found;
  const args = (port: number, dir: string, serverPort: string): string[] => {
    certify(dir);
    const ours = adapt(readFileSync('deploy/nginx.conf', 'utf8'), {
      'listen 80;': `listen unix:${dir}/http;`,
      'listen 443 ssl http2;': `listen 127.0.0.1:${port} ssl http2;`,
      '/etc/letsencrypt/live/chat.example.org/fullchain.pem': `${dir}/cert.pem`,
      '/etc/letsencrypt/live/chat.example.org/privkey.pem': `${dir}/key.pem`,
      'server 127.0.0.1:3000;': `server 127.0.0.1:${serverPort};`,
    });
    writeFileSync(join(dir, 'parley.conf'), ours);
    writeFileSync(join(dir, 'nginx.conf'), debianNginx(dir));
    return ['-p', dir, '-c', join(dir, 'nginx.conf'), '-e', 'stderr'];
  };
  return {
    start: (serverPort) =>
      startService({
        name: 'nginx',
        command: found.path,
        args: (port, dir) => args(port, dir, serverPort),
        listening: /start worker process /,
        url: (port) => `https://localhost:${port}`,
      }),
  };
}

type CaddyConfig = {
  admin?: object;
  storage?: object;
  apps: { pki?: object; http: { servers: Record<string, { automatic_https?: object }> } };
};

/** The Caddyfile as Caddy reads it; only that it leaves this machine as it is: no port 80, no root certificate installed, storage in `dir`. */
function caddyConfig(caddy: string, port: number, dir: string, serverPort: string): CaddyConfig {
  const env = { ...process.env, DOMAIN: `localhost:${port}`, PARLEY: `127.0.0.1:${serverPort}` };
  const adapted = execFileSync(caddy, ['adapt', '--config', 'deploy/Caddyfile', '--adapter', 'caddyfile'], { env, encoding: 'utf8' });
  const config = JSON.parse(adapted) as CaddyConfig;
  for (const server of Object.values(config.apps.http.servers)) server.automatic_https = { disable_redirects: true };
  config.apps.pki = { certificate_authorities: { local: { install_trust: false } } };
  return { ...config, admin: { disabled: true }, storage: { module: 'file_system', root: join(dir, 'data') } };
}

export function caddy(): { readonly start: StartProxy } | Missing {
  const found = program('caddy');
  if ('missing' in found) return found;
  return {
    start: (serverPort) =>
      startService({
        name: 'caddy',
        command: 'env',
        args: (port, dir) => {
          writeFileSync(join(dir, 'caddy.json'), JSON.stringify(caddyConfig(found.path, port, dir, serverPort)));
          return [`HOME=${dir}`, `XDG_DATA_HOME=${dir}`, `XDG_CONFIG_HOME=${dir}`, found.path, 'run', '--config', join(dir, 'caddy.json')];
        },
        listening:
          /serving initial configuration[\s\S]*certificate obtained successfully|certificate obtained successfully[\s\S]*serving initial configuration/,
        url: (port) => `https://localhost:${port}`,
      }),
  };
}
