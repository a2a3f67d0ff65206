import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import { readConfig } from '../../lib/config.ts';
import { newKey } from '../encryption/keys.ts';
import { startService } from '../helpers/process.ts';
import { program, requireOrSkip } from '../helpers/services.ts';

type Service = {
  readonly image?: string;
  readonly user?: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly privileged?: boolean;
  readonly tmpfs?: readonly string[];
  readonly volumes?: readonly string[];
  readonly secrets?: readonly string[];
  readonly networks?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>> | readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
};
type Compose = {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets?: Readonly<Record<string, { readonly file: string }>>;
};

const FILES = ['compose.yaml', 'compose.sqlite.yaml'] as const;
const read = (file: string): Compose => parse(readFileSync(file, 'utf8'), { merge: true });
const full = read('compose.yaml');
const service = (name: string): Service => full.services[name] ?? {};

for (const file of FILES) {
  const { services, networks, volumes, secrets = {} } = read(file);

  test(`${file}: every container has a read-only root, no capabilities and no new privileges; only the proxy runs as root`, (t) => {
    for (const [name, one] of Object.entries(services)) {
      t.true(one.read_only, name);
      t.deepEqual([one.cap_drop, one.cap_add ?? []], [['ALL'], name === 'caddy' ? ['NET_BIND_SERVICE'] : []], name);
      t.deepEqual(one.security_opt, ['no-new-privileges:true'], name);
      t.is(one.privileged, undefined, name);
      t.true(one.tmpfs?.includes('/tmp'), name);
      if (name !== 'caddy') t.regex(one.user ?? '', /^[1-9]\d*:[1-9]\d*$/, name);
    }
  });

  test(`${file}: everything that it names is there: volumes, files, networks, secrets`, (t) => {
    for (const [name, one] of Object.entries(services)) {
      for (const volume of one.volumes ?? []) {
        const source = volume.split(':', 1)[0] ?? '';
        t.true(source.startsWith('.') ? existsSync(source) : source in volumes, volume);
      }
      t.true((one.networks ?? []).length > 0 && one.networks?.every((network) => network in networks), name);
      t.true(
        (one.secrets ?? []).every((secret) => secret in secrets),
        name,
      );
      for (const other of Object.keys(one.depends_on ?? {}))
        if (!Array.isArray(one.depends_on)) t.truthy(services[other]?.healthcheck, other);
    }
  });

  test(`${file}: only the proxy is published, and no secret is in the file`, (t) => {
    t.deepEqual(
      Object.keys(services).filter((name) => services[name]?.ports),
      ['caddy'],
    );
    const variables = Object.values(services).flatMap(({ environment = {} }) => Object.keys(environment));
    const secret = variables.filter((name) => /(_URL|_KEYS|_TOKEN|PASSWORD)$/.test(name) && name !== 'PUBLIC_URL');
    t.deepEqual(secret, [], 'by *_FILE only');
    t.notRegex(readFileSync(file, 'utf8'), /:\/\/[^/\s]*:[^/\s]*@/);
  });
}

/** Lines that are commented out, without the mark of a comment. */
const uncommented = (text: string): string =>
  text.replaceAll(/^( *)# (?=(?:secrets:|[A-Z_]+: .+| *- [a-z-]+| *[a-z-]+:| +file: .+)$)/gm, '$1');

/** What only the image, the proxy or other ways to run Parley set. */
const NOT_IN_COMPOSE = new Set([
  ...['HOST', 'PORT', 'LISTEN', 'DATA_DIR', 'WEB_CONCURRENCY', 'HSTS_SUBDOMAINS', 'MAX_BODY_BYTES', 'STREAMS_PER_USER', 'POSTS_PER_SECOND'],
  ...['MAX_CONNECTIONS', 'MAX_CONNECTIONS_PER_ADDRESS', 'OIDC_SCOPES', 'OIDC_GROUPS_CLAIM', 'OIDC_TRUST_NAMES'],
  ...['AUTH_PROXY_HEADER', 'AUTH_PROXY_FROM', 'AUTH_PROXY_LOGOUT_URL'],
]);

for (const file of FILES)
  test(`${file}: the optional settings work when they are uncommented, and none is missing`, (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'parley-compose-'));
    t.teardown(() => rmSync(dir, { recursive: true }));
    const { services, secrets = {} }: Compose = parse(uncommented(readFileSync(file, 'utf8')), { merge: true });
    const { environment = {}, secrets: used = [] } = services.parley ?? {};
    t.deepEqual(
      used.filter((name) => secrets[name]?.file !== `./secrets/${name}`),
      [],
    );
    const contents: Record<string, string> = {
      'encryption-keys': newKey('k1'),
      'secret-keys': 'x'.repeat(40),
      'metrics-token': 'y'.repeat(20),
      'smtp-url': 'smtps://chat:password@mail.example.org',
      'oidc-client-secret': 'z',
      'mongodb-url': 'mongodb://mongo/parley',
      'redis-url': 'redis://redis:6379',
    };
    for (const name of used) writeFileSync(join(dir, name), contents[name] ?? '');
    const asked: string[] = [];
    readConfig({}, ({ name }) => asked.push(name));
    const given = Object.entries(environment).map(([name, value]) => [
      name,
      value.replace('/run/secrets', dir).replace(/\$\{\w+:-(.*?)\}/g, '$1'),
    ]);
    const config = readConfig(Object.fromEntries(given));
    t.is(config.encryptionKeys.length, 1);
    const named = new Set(Object.keys(environment).map((name) => name.replace(/_FILE$/, '')));
    const missing = asked.filter((name) => !named.has(name) && !NOT_IN_COMPOSE.has(name));
    t.deepEqual(missing, file === 'compose.yaml' ? [] : ['MONGODB_URL', 'REDIS_URL']);
  });

test('compose.yaml: the databases are reachable from Parley alone, and reach nothing', (t) => {
  t.deepEqual(Object.keys(full.services).sort(), ['caddy', 'mongo', 'parley', 'redis']);
  for (const name of ['mongo', 'redis']) {
    t.deepEqual(service(name).networks, ['data'], name);
    t.truthy(service(name).healthcheck, name);
  }
  t.true(full.networks.data?.internal);
  const inData = Object.keys(full.services).filter((name) => service(name).networks?.includes('data'));
  t.deepEqual(inData.sort(), ['mongo', 'parley', 'redis']);
  t.true(service('parley').networks?.includes('front'), 'the twin: Parley calls webhooks and push services');
});

test('compose.yaml: what deploy/make-secrets writes is what the containers read, with passwords that agree; run again it changes nothing', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-compose-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  mkdirSync(join(dir, 'deploy'));
  cpSync('deploy/make-secrets', join(dir, 'deploy/make-secrets'));
  const make = (): Record<string, string> => {
    execFileSync(join(dir, 'deploy/make-secrets'), { stdio: 'pipe' });
    const names = readdirSync(join(dir, 'secrets')).sort();
    return Object.fromEntries(names.map((name) => [name, readFileSync(join(dir, 'secrets', name), 'utf8').trim()]));
  };
  const made = make();
  t.deepEqual(make(), made);
  t.deepEqual(Object.keys(made), Object.keys(full.secrets ?? {}).sort());
  for (const [name, { file }] of Object.entries(full.secrets ?? {})) t.is(file, `./secrets/${name}`);
  t.is(statSync(join(dir, 'secrets')).mode & 0o777, 0o700);
  t.is(new Set(Object.values(made)).size, Object.keys(made).length);

  const environment = service('parley').environment ?? {};
  const files = Object.entries(environment).filter(([name]) => name.endsWith('_FILE'));
  const config = readConfig(Object.fromEntries(files.map(([name, file]) => [name, file.replace('/run/secrets', join(dir, 'secrets'))])));
  const mongodb = new URL(config.mongodbUrl ?? '');
  t.deepEqual([mongodb.host, mongodb.username, mongodb.password], ['mongo:27017', 'parley', made['mongo-password']]);
  t.is(mongodb.searchParams.get('replicaSet'), 'parley');
  const redis = new URL(config.redisUrl ?? '');
  t.deepEqual([redis.host, redis.password], ['redis:6379', made['redis-password']]);
  for (const { secrets = [], ...one } of Object.values(full.services))
    for (const secret of secrets) t.true(JSON.stringify(one).includes(`/run/secrets/${secret}`) || secret === 'mongo-password', secret);
  t.true(readFileSync('deploy/mongo-init.js', 'utf8').includes('/run/secrets/mongo-password'));
});

test('compose.yaml: MongoDB asks for passwords, and its replica set has one name', (t) => {
  const { command = [], healthcheck, environment = {} } = service('mongo');
  t.is(command[command.indexOf('--replSet') + 1], 'parley');
  t.is(command[command.indexOf('--keyFile') + 1], '/tmp/key');
  t.true(healthcheck?.test.at(-1)?.includes("_id: 'parley'"));
  t.is(environment.MONGO_INITDB_ROOT_PASSWORD_FILE, '/run/secrets/mongo-root-password');
});

const redis = program('redis-server');
requireOrSkip(test, redis)(
  'compose.yaml: the start command of Redis works; the server asks for the password, and the health check has it',
  async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'parley-compose-redis-'));
    t.teardown(() => rmSync(dir, { recursive: true }));
    writeFileSync(join(dir, 'redis-password'), 'only-in-the-file\n');
    const adapt = (text: string, port: number): string =>
      text
        .replaceAll('$$', '$')
        .replaceAll('/run/secrets', dir)
        .replaceAll('/tmp/redis.conf', join(dir, 'redis.conf'))
        .replace(/(redis-server \S+)$/, `$1 --port ${port} --bind 127.0.0.1`)
        .replace('redis-cli', `redis-cli -p ${port}`);
    const [shell = '', ...args] = service('redis').entrypoint ?? [];
    const server = await startService({
      name: 'redis',
      command: shell,
      args: (port) => args.map((arg) => adapt(arg, port)),
      listening: /Ready to accept connections/,
      url: (port) => `redis://127.0.0.1:${port}`,
    });
    t.teardown(server.stop);
    const { port } = new URL(server.url);
    t.regex(execFileSync('redis-cli', ['-p', port, 'ping'], { encoding: 'utf8' }), /NOAUTH/);
    execFileSync('sh', ['-c', adapt(service('redis').healthcheck?.test[1] ?? 'false', Number(port))]);
    t.is(statSync(join(dir, 'redis.conf')).mode & 0o777, 0o600);
  },
);
