import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import test from 'ava';
import { parse, parseAllDocuments } from 'yaml';
import { readConfig } from '../../lib/config.ts';
import { SECRET_SETTINGS } from '../../lib/config-files.ts';
import { ensureHelm, helmThatExists } from '../helpers/helm.ts';
import { inLongRun, onlyInLongRun } from '../helpers/long-run.ts';
import { isMissing, present, requireOrSkip } from '../helpers/services.ts';

const existing = helmThatExists();
const helm = isMissing(existing) ? await inLongRun(ensureHelm) : existing;
const onHelm = isMissing(existing) ? onlyInLongRun(test, helm) : requireOrSkip(test, helm);
const run = promisify(execFile);

type Container = {
  readonly image: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly ports: readonly { readonly containerPort: number }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
};
type Pod = {
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly containers: readonly [Container];
  readonly volumes: readonly Readonly<Record<string, unknown>>[];
};
const NONE = { spec: {} } as Manifest;

type Manifest = { readonly kind: string; readonly metadata: { readonly name: string }; readonly spec: Record<string, unknown> };

const PUBLIC = ['--set', 'publicUrl=https://chat.example.org'];

async function rendered(...args: readonly string[]): Promise<ReadonlyMap<string, Manifest>> {
  const { stdout } = await run(present(helm).path, ['template', 'chat', 'deploy/helm', '--kube-version', '1.31.0', ...args]);
  const documents = parseAllDocuments(stdout).map((document) => document.toJS() as Manifest | null);
  return new Map(documents.flatMap((one) => (one === null ? [] : [[one.kind, one] as const])));
}

const podOf = (manifests: ReadonlyMap<string, Manifest>): Pod =>
  ((manifests.get('Deployment') ?? NONE).spec.template as { readonly spec: Pod }).spec;

onHelm('helm: the chart passes its own checks', async (t) => {
  const { stdout } = await run(present(helm).path, ['lint', '--strict', 'deploy/helm', ...PUBLIC]);
  t.regex(stdout, /0 chart\(s\) failed/);
});

onHelm('helm: by default one hardened container with the embedded database on a volume that is kept', async (t) => {
  const manifests = await rendered(...PUBLIC);
  t.deepEqual([...manifests.keys()].sort(), ['Deployment', 'PersistentVolumeClaim', 'Service']);
  const pod = podOf(manifests);
  const [container] = pod.containers;
  t.like(pod.securityContext, { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } });
  t.deepEqual(container.securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  t.is(container.image, 'parley:0.2.0');
  t.is(((manifests.get('Deployment') ?? NONE).spec.strategy as { type: string }).type, 'Recreate');
  t.deepEqual(
    pod.volumes.find(({ name }) => name === 'data'),
    { name: 'data', persistentVolumeClaim: { claimName: 'chat-parley' } },
  );
  const env = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
  const config = readConfig(env);
  t.like(config, { publicUrl: 'https://chat.example.org', trustProxy: true, mongodbUrl: undefined });
  t.is(config.dataDir, '/data/parley');
  t.true(container.volumeMounts.some(({ mountPath }) => mountPath === '/data'));
});

onHelm('helm: with MongoDB and Redis, secrets are files, and several servers are replaced one by one', async (t) => {
  const secrets = [
    'mongodb.secret=db',
    'redis.secret=bus',
    'secretKeys.secret=keys',
    'encryptionKeys.secret=rest',
    'metricsToken.secret=scrape',
  ];
  const sets = [...secrets, 'replicas=3'];
  const manifests = await rendered(...PUBLIC, '--set', sets.join(','), '--set', 'settings.SIGNUP=code');
  t.deepEqual([...manifests.keys()].sort(), ['Deployment', 'Service']);
  t.like(manifests.get('Deployment')?.spec, { replicas: 3, strategy: { type: 'RollingUpdate' } });
  const pod = podOf(manifests);
  const env = Object.fromEntries(pod.containers[0].env.map(({ name, value }) => [name, value]));
  t.is(env.SIGNUP, 'code');
  const files = Object.keys(env).filter((name) => name.endsWith('_FILE'));
  t.deepEqual(files.sort(), ['ENCRYPTION_KEYS_FILE', 'METRICS_TOKEN_FILE', 'MONGODB_URL_FILE', 'REDIS_URL_FILE', 'SECRET_KEYS_FILE']);
  for (const name of files) t.true(name.replace(/_FILE$/, '') in SECRET_SETTINGS, name);
  const { projected } = pod.volumes.find(({ name }) => name === 'secrets') as {
    projected: { sources: { secret: { name: string; items: { key: string; path: string }[] } }[] };
  };
  const paths = projected.sources.map(({ secret }) => [secret.name, secret.items[0]?.key, secret.items[0]?.path]);
  t.deepEqual(
    paths.toSorted(([, , a], [, , b]) => String(a).localeCompare(String(b))),
    [
      ['rest', 'keys', 'ENCRYPTION_KEYS'],
      ['scrape', 'token', 'METRICS_TOKEN'],
      ['db', 'url', 'MONGODB_URL'],
      ['bus', 'url', 'REDIS_URL'],
      ['keys', 'keys', 'SECRET_KEYS'],
    ],
  );
});

onHelm('helm: the ingress has the host, the path and the certificate of the public URL', async (t) => {
  const args = [
    '--set',
    'publicUrl=https://example.org/chat',
    '--set',
    'ingress.enabled=true,ingress.className=nginx,ingress.tlsSecret=cert',
  ];
  const ingress = (await rendered(...args)).get('Ingress');
  t.like(ingress?.spec, {
    ingressClassName: 'nginx',
    tls: [{ hosts: ['example.org'], secretName: 'cert' }],
  });
  const [rule] = (ingress?.spec.rules ?? []) as unknown as [{ host: string; http: { paths: [{ path: string }] } }];
  t.deepEqual([rule.host, rule.http.paths[0].path], ['example.org', '/chat']);
});

onHelm('helm: what cannot work is refused with the value to set', async (t) => {
  await t.throwsAsync(rendered(), { message: /publicUrl is required/ });
  await t.throwsAsync(rendered(...PUBLIC, '--set', 'replicas=2'), { message: /replicas above 1 need mongodb\.secret and redis\.secret/ });
});

test('helm: the settings that values.yaml shows are those that Parley takes', (t) => {
  const shown = readFileSync('deploy/helm/values.yaml', 'utf8').replace('settings: {}', 'settings:');
  const { settings }: { readonly settings: Readonly<Record<string, string>> } = parse(shown.replaceAll(/^# {3}(?=[A-Z_]+: )/gm, '  '));
  t.true(Object.keys(settings).length > 10);
  const asked = new Set<string>();
  readConfig({ ...settings, PUBLIC_URL: 'https://chat.example.org' }, ({ name }) => asked.add(name));
  t.deepEqual(
    Object.keys(settings).filter((name) => !asked.has(name)),
    [],
  );
});
