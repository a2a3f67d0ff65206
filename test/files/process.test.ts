import { randomInt } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openCore } from '../../lib/app.ts';
import { readConfig } from '../../lib/config.ts';
import { FileSweep, LOOSE_MS } from '../../lib/files/sweep.ts';
import { PARLEY, signUp, startCommand } from '../faults/load.ts';
import type { Service } from '../helpers/process.ts';
import { download, noise, type Posted, upload } from './fixtures.ts';

/** The program on a data folder that outlives it; the test removes both. */
async function startParley(t: ExecutionContext): Promise<{ readonly service: Service; readonly dataDir: string }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-files-'));
  const service = await startCommand([PARLEY, 'serve'], { LOG_LEVEL: 'error', POSTS_PER_SECOND: '0', DATA_DIR: dataDir });
  t.teardown(async () => {
    await service.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return { service, dataDir };
}

/** The most memory that a process has had, bytes. */
function peakOf(pid: number): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

const MIB = 1024 * 1024;

test.serial('files: files of 25 MiB are streamed and never held in memory', async (t) => {
  const { service } = await startParley(t);
  const ann = await signUp(service.url);
  const post = (sizes: readonly number[]) =>
    upload(
      ann,
      sizes.map((size, index) => ({ name: `${index}.bin`, content: noise(size) })),
      { body: 'x' },
    );
  t.is((await post([MIB])).status, 201); // modules loaded for the first file are loaded now
  const before = peakOf(service.pid ?? 0);
  const answer = await post(Array.from({ length: 8 }, () => 25 * MIB));
  t.is(answer.status, 201);
  for (const { url, bytes } of answer.json<Posted>().attachments) t.is((await download(ann, url)).length, bytes);
  const grown = (peakOf(service.pid ?? 0) - before) / MIB;
  t.log(`${grown.toFixed(0)} MiB more, for 200 MiB in and 200 MiB out`);
  t.true(grown < 120, `${grown} MiB`);
  t.is((await post([25 * MIB + 1])).status, 413);
});

test.serial(
  'killed at any moment, a server that comes back has every file of every message it answered, and nothing else in the end',
  async (t) => {
    const { service, dataDir } = await startParley(t);
    const ann = await signUp(service.url);
    const acknowledged = new Map<string, Posted>();
    const contents = new Map<string, Buffer[]>();
    let isOver = false;
    let isUp: Promise<unknown> = Promise.resolve();
    const poster = async (name: number): Promise<void> => {
      for (let count = 0; !isOver; count += 1) {
        const key = `${name}-${count}`;
        const files = [noise(randomInt(1, 400_000)), noise(randomInt(1, 100_000))];
        contents.set(key, files);
        while (!acknowledged.has(key)) {
          await isUp;
          const sent = files.map((content, index) => ({ name: `${index}.bin`, content }));
          const answer = await upload(ann, sent, { body: key }, { 'Idempotency-Key': key }).catch(() => undefined);
          if (answer?.status === 201 || answer?.status === 200) acknowledged.set(key, answer.json<Posted>());
          else if (answer && ![503, 409].includes(answer.status)) throw new Error(`${answer.status}: ${answer.text}`);
        }
      }
    };
    const posting = Promise.all([1, 2, 3].map(poster));
    const until = async (count: number): Promise<void> => {
      while (acknowledged.size < count) await Promise.race([posting, fetch(`${service.url}/healthz`).catch(() => {})]);
    };
    for (let kill = 0; kill < 4; kill += 1) {
      await until(acknowledged.size + randomInt(3, 12));
      await service.kill('SIGKILL');
      isUp = service.restart();
      await isUp;
    }
    await until(acknowledged.size + 5);
    isOver = true;
    await posting;
    for (const [key, { attachments }] of acknowledged)
      for (const [index, { url }] of attachments.entries())
        t.true((await download(ann, url)).equals(contents.get(key)?.[index] ?? Buffer.of()), `${key} ${index}`);
    await service.kill('SIGKILL');

    const core = await openCore(readConfig({ DATA_DIR: dataDir, LOG_LEVEL: 'silent' }), {
      role: 'server',
      now: () => Date.now() + LOOSE_MS + 1,
    });
    t.teardown(core.close);
    const swept = await new FileSweep(core, { unchangedMs: 0 }).run();
    const onDisk = readdirSync(join(dataDir, 'files'), { recursive: true, withFileTypes: true }).flatMap((one) =>
      one.isFile() ? [one.name] : [],
    );
    const named = [...acknowledged.values()].flatMap(({ attachments }) => attachments.map(({ id }) => id));
    t.log(`${acknowledged.size} messages, ${named.length} files, ${swept} swept`);
    t.deepEqual(onDisk.sort(), named.sort());
  },
);
