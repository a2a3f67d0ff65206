import { resolve } from 'node:path';
import test from 'ava';
import { ConfigError, isLoopback, readConfig } from '../lib/config.ts';

const problemsOf = (env: Record<string, string | undefined>): string[] => {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    return error instanceof ConfigError
      ? error.message
          .split('\n')
          .slice(1)
          .map((line) => line.trim())
      : [String(error)];
  }
};

test('config: the defaults are one process on loopback with its data in a folder', (t) => {
  t.deepEqual(
    { ...readConfig({}) },
    {
      host: '127.0.0.1',
      port: 3000,
      listen: undefined,
      dataDir: resolve('data'),
      mongodbUrl: undefined,
      redisUrl: undefined,
      workers: 1,
      publicUrl: undefined,
      basePath: '',
      allowedHosts: [],
      hstsSubdomains: false,
      secretKeys: [],
      encryptionKeys: [],
      signup: undefined,
      siteName: undefined,
      requireSecondFactor: 'off',
      maxBodyBytes: 65_536,
      maxUploadBytes: 26_214_400,
      maxFilesBytesPerUser: 0,
      maxFilesBytes: 0,
      retentionDays: 0,
      retentionDirectDays: 0,
      legalHold: false,
      streamsPerUser: 50,
      postsPerSecond: 20,
      maxConnections: 100_000,
      connectionsPerAddress: 2000,
      allowOutgoing: [],
      pushContact: undefined,
      smtpUrl: undefined,
      mailFrom: 'Parley <no-reply@localhost>',
      trustProxy: false,
      oidcIssuer: undefined,
      oidcClientId: undefined,
      oidcClientSecret: undefined,
      oauthRegistration: 'off',
      oidcName: 'your organisation',
      oidcScopes: 'openid profile email',
      oidcGroupsClaim: 'groups',
      oidcGroups: [],
      oidcTrustNames: false,
      authProxyHeader: undefined,
      authProxyFrom: [],
      authProxyLogoutUrl: undefined,
      metricsToken: undefined,
      logLevel: 'info',
    },
  );
});

test('config: an empty variable counts as unset, and unknown ones are ignored', (t) => {
  t.deepEqual(readConfig({ PORT: '', SIGNUP: '', MONGODB_URL: '', HOME: '/root', SOMETHING: 'else', GONE: undefined }), readConfig({}));
});

test('config: the result is frozen', (t) => {
  t.true(Object.isFrozen(readConfig({})));
});

const KEY = 'k'.repeat(32);
const AES = `k1:${Buffer.alloc(32, 7).toString('base64')}`;
const GOOD: [env: Record<string, string>, part: object][] = [
  [{ PORT: '0' }, { port: 0 }],
  [{ PORT: '65535' }, { port: 65_535 }],
  [{ PUBLIC_URL: 'https://chat.example.org/' }, { publicUrl: 'https://chat.example.org' }],
  [{ PUBLIC_URL: 'http://Localhost:8080' }, { publicUrl: 'http://localhost:8080', basePath: '' }],
  [{ PUBLIC_URL: 'https://example.org/chat/' }, { publicUrl: 'https://example.org/chat', basePath: '/chat' }],
  [{ PUBLIC_URL: 'https://example.org/apps/team-1' }, { publicUrl: 'https://example.org/apps/team-1', basePath: '/apps/team-1' }],
  [{ LISTEN: '/run/parley.sock' }, { listen: '/run/parley.sock' }],
  [{ ALLOWED_HOSTS: 'Chat.LAN., 192.168.1.20,bücher.example' }, { allowedHosts: ['chat.lan', '192.168.1.20', 'xn--bcher-kva.example'] }],
  [{ ALLOWED_HOSTS: 'fd00::1,[fd00:0::2],*' }, { allowedHosts: ['[fd00::1]', '[fd00::2]', '*'] }],
  [{ SECRET_KEYS: `${KEY}1, ${KEY}2` }, { secretKeys: [`${KEY}1`, `${KEY}2`] }],
  [{ ENCRYPTION_KEYS: `${AES}, k-2_b${AES.slice(2)}` }, { encryptionKeys: [AES, `k-2_b${AES.slice(2)}`] }],
  [{ SIGNUP: 'closed' }, { signup: 'closed' }],
  [
    { POSTS_PER_SECOND: '0', STREAMS_PER_USER: '0' },
    { postsPerSecond: 0, streamsPerUser: 0 },
  ],
  [
    { MAX_CONNECTIONS: '0', MAX_CONNECTIONS_PER_ADDRESS: '5' },
    { maxConnections: 0, connectionsPerAddress: 5 },
  ],
  [{ ALLOW_OUTGOING: '10.0.0.0/8, ci.internal,' }, { allowOutgoing: ['10.0.0.0/8', 'ci.internal'] }],
  [{ ALLOW_OUTGOING: '::1,fd00::/8,localhost,bücher.example.' }, { allowOutgoing: ['::1', 'fd00::/8', 'localhost', 'bücher.example.'] }],
  [{ PUSH_CONTACT: 'mailto:admin@example.org' }, { pushContact: 'mailto:admin@example.org' }],
  [{ PUSH_CONTACT: 'https://example.org/contact' }, { pushContact: 'https://example.org/contact' }],
  [{ TRUST_PROXY: 'on' }, { trustProxy: true }],
  [{ TRUST_PROXY: '1' }, { trustProxy: true }],
  [{ TRUST_PROXY: 'off' }, { trustProxy: false }],
  [{ METRICS_TOKEN: 'scrape-me.0123456789' }, { metricsToken: 'scrape-me.0123456789' }],
  [{ MONGODB_URL: 'mongodb+srv://u:p@host/parley' }, { mongodbUrl: 'mongodb+srv://u:p@host/parley' }],
  [{ WEB_CONCURRENCY: '4', MONGODB_URL: 'mongodb://h/p', REDIS_URL: 'redis://h:6379' }, { workers: 4 }],
];

for (const [env, part] of GOOD) test(`${JSON.stringify(env)} is taken`, (t) => t.like(readConfig(env), part));

const BAD: [name: string, values: string[]][] = [
  ['PORT', ['-1', '65536', 'http', '3000.5', '0x10', ' 3000', '1e3']],
  ['MONGODB_URL', ['localhost', 'http://host', 'mongodb://', 'mysql://hunter2@host']],
  ['REDIS_URL', ['localhost:6379', 'http://hunter2@host', 'redis://']],
  ['WEB_CONCURRENCY', ['0', '-1', '257', 'many', '2']],
  [
    'PUBLIC_URL',
    [
      ...[
        'chat.example.org',
        'ftp://chat.example.org',
        'https://',
        'javascript:hunter2',
        'https://example.org/groups',
        'https://example.org/login/x',
      ],
      ...['https://example.org/a b', 'https://example.org/a?b', 'https://example.org/a#b', 'https://ann:hunter2@example.org/'],
    ],
  ],
  ['LISTEN', ['parley.sock', '/run/', `/${'a'.repeat(107)}`]],
  ['ALLOWED_HOSTS', ['https://hunter2', 'hunter2:80', '*.hunter2', '10.0.0.0/8', 'hunter2 x', '[hunter2]', 'fe80::1%hunter2']],
  ['SECRET_KEYS', ['hunter2', `${KEY},hunter2`]],
  [
    'ENCRYPTION_KEYS',
    ['hunter2', `${AES},hunter2`, AES.slice(3), `k1:${Buffer.alloc(31, 7).toString('base64')}`, `k/1${AES.slice(2)}`, `${AES},${AES}`, KEY],
  ],
  ['ALLOW_OUTGOING', ['https://hunter2', 'hunter2:80', '*.hunter2', 'hunter2/8', 'hunter2 x', 'fe80::1%hunter2', '10.0.0.0/33', '::1/129']],
  ['SIGNUP', ['hunter2', 'Open', 'yes']],
  ['MAX_BODY_BYTES', ['0', '1000001', '64K']],
  ['MAX_UPLOAD_BYTES', ['0', '25M']],
  ['STREAMS_PER_USER', ['-1', 'none']],
  ['POSTS_PER_SECOND', ['-1', '1.5']],
  ['MAX_CONNECTIONS', ['-1', 'many', '10000001']],
  ['MAX_CONNECTIONS_PER_ADDRESS', ['-1', '1k']],
  ['TRUST_PROXY', ['hunter2', 'yes', '2']],
  ['PUSH_CONTACT', ['hunter2', 'hunter2@example.org', 'mailto:hunter2', 'http://hunter2', 'mailto:a@hunter2,mailto:b@hunter2']],
  ['METRICS_TOKEN', ['hunter2', 'x'.repeat(15), 'hunter2 hunter2 hunter2', `${'x'.repeat(20)}\n`]],
  ['LOG_LEVEL', ['hunter2', 'verbose']],
];

for (const [name, values] of BAD)
  test(`config: a bad ${name} is named without its value`, (t) => {
    for (const value of values) {
      const problems = problemsOf({ [name]: value });
      t.is(problems.length, 1, value);
      t.true(problems[0]?.startsWith(`${name} `), value);
      t.false(problems[0]?.includes('hunter2'));
    }
  });

test('config: all bad variables are named at once', (t) => {
  const env = Object.fromEntries(BAD.map(([name, [value = '']]) => [name, value]));
  t.deepEqual(
    problemsOf(env)
      .map((line) => line.split(' ')[0])
      .sort(),
    BAD.map(([name]) => name).sort(),
  );
});

test('config: the error of each variable states its format', (t) => {
  const wrong = { PORT: 'x', LOG_LEVEL: 'x', TRUST_PROXY: 'constructor', SIGNUP: 'x', REDIS_URL: 'x', SECRET_KEYS: 'x', PUBLIC_URL: 'x' };
  t.deepEqual(problemsOf(wrong), [
    'PORT must be a whole number from 0 to 65535',
    'REDIS_URL must look like redis://host:6379',
    'PUBLIC_URL must be an address such as https://chat.example.org or https://example.org/chat, where the path does not begin like one of Parley (/groups)',
    'SECRET_KEYS needs keys of at least 32 characters, separated by commas',
    'SIGNUP must be open, code or closed',
    'TRUST_PROXY must be on or off',
    'LOG_LEVEL must be debug, info, warn, error or silent',
  ]);
});

test('config: several processes need a shared database and bus', (t) => {
  for (const env of [{}, { MONGODB_URL: 'mongodb://h/p' }, { REDIS_URL: 'redis://h:6379' }])
    t.regex(problemsOf({ WEB_CONCURRENCY: '2', ...env }).join(), /WEB_CONCURRENCY more than 1 needs both MONGODB_URL and REDIS_URL/);
});

test('config: only loopback addresses count as loopback', (t) => {
  for (const host of ['127.0.0.1', '127.8.9.10', '::1', 'localhost']) t.true(isLoopback(host), host);
  for (const host of ['0.0.0.0', '::', '192.168.1.2', '127.0.0.1.example.org', '127.evil.example', 'localhost.example.org', ''])
    t.false(isLoopback(host), host);
});
