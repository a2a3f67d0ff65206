import { strictEqual } from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as turn } from 'node:timers/promises';
import type { Service } from '../helpers/process.ts';
import type { EntryJson } from './entries.ts';
import { ownGroup, type Participants } from './participants.ts';
import type { GroupChange } from './schedule.ts';
import type { World } from './world.ts';

const FORMS: Readonly<Record<GroupChange, Record<string, string>>> = {
  rename: { action: 'rename', name: 'Another name' },
  topic: { action: 'topic', topic: 'What it is about' },
  archive: { action: 'archive', on: '1' },
};

/** Changes a group of its own; the server is killed when the change is stored and its line is not. The line is written once a server is up again. */
export async function killBeforeLine(world: World, participants: Participants, what: GroupChange): Promise<void> {
  const { environment, ledger } = world;
  const slug = `changed-${ledger.changed.size + 1}`;
  await ownGroup(world, slug);
  await (environment.mongo ? killAtInsertion(world, participants, slug, what) : killAtTrigger(world, participants, slug, what));
  ledger.changed.set(slug, what);
  await ledger.inTime(`the line about ${what} of ${slug}`, untilWritten(world, participants, slug, what));
}

/** One more server, whose network to MongoDB is cut when it sends the line. Started again it writes it, unless another server was first. */
async function killAtInsertion({ environment, ledger }: World, participants: Participants, slug: string, what: GroupChange): Promise<void> {
  const wire = await environment.wireToMongo();
  const server = await environment.startAnother({ MONGODB_URL: wire.url });
  const isLine = (request: Buffer): boolean => request.includes('\x02insert\x00') && request.includes(`s:${what}:`);
  const sent = wire.cutAt(isLine);
  send(server, participants, slug, what);
  await ledger.inTime(`the line about ${what} of ${slug} to be sent`, sent);
  await server.kill('SIGKILL');
  wire.restore();
  await server.restart();
  ledger.count('lines written after a kill');
  await ledger.inTime(`the line about ${what} of ${slug}`, untilWritten({ environment, ledger }, participants, slug, what));
  await server.stop();
}

/** The database refuses the line until the server is dead. */
async function killAtTrigger({ environment, ledger }: World, participants: Participants, slug: string, what: GroupChange): Promise<void> {
  const server = environment.server(0);
  const db = new DatabaseSync(join(environment.dataDir, 'parley.db'), { timeout: 10_000 });
  db.exec(`CREATE TRIGGER no_line BEFORE INSERT ON entries WHEN NEW.kind = '${what}' BEGIN SELECT RAISE(ABORT, 'not now'); END`);
  send(server, participants, slug, what);
  const isStored = async (): Promise<void> => {
    const pending = db.prepare('SELECT 1 FROM group_changes');
    while (pending.get() === undefined) await turn();
  };
  await ledger.inTime(`${what} of ${slug} to be stored`, isStored());
  await environment.end(server, 'SIGKILL');
  db.exec('DROP TRIGGER no_line');
  db.close();
  await environment.start(server);
  ledger.count('lines written after a kill');
}

/** The answer does not come. */
function send(server: Service, { person }: Participants, slug: string, what: GroupChange): void {
  const headers = { Accept: 'application/json', 'Content-Type': 'application/json', ...person.credentials };
  const body = JSON.stringify(FORMS[what]);
  void fetch(`${server.url}/groups/${slug}/settings`, { method: 'POST', headers, body }).catch(() => {});
}

/** Follows the group until the line is there. */
async function untilWritten({ environment }: World, { person }: Participants, slug: string, what: GroupChange): Promise<void> {
  const headers = { Accept: 'text/event-stream', ...person.credentials };
  for (;;) {
    const end = new AbortController();
    const response = await fetch(`${environment.url(0)}/groups/${slug}/events?as=json&after=0`, { headers, signal: end.signal }).catch(
      () => undefined,
    );
    let text = '';
    for await (const chunk of response?.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      if (!text.includes(`"kind":"${what}"`)) continue;
      end.abort();
      return;
    }
    await turn();
  }
}

/** The kinds of the entries that are no messages, and no joins. */
async function linesOf({ environment }: World, slug: string): Promise<string[]> {
  const { status, out, err } = await environment.cli(['--json', 'tail', slug, '-n', '1000']);
  strictEqual(status, 0, err);
  const entries = out.split('\n').flatMap((line): EntryJson[] => (line === '' ? [] : [JSON.parse(line)]));
  return entries.map(({ kind }) => kind).filter((kind) => kind !== 'join');
}

/** Each change of a group whose server was killed is in the group's log once. */
export async function hasLines(world: World): Promise<void> {
  for (const [slug, what] of world.ledger.changed) strictEqual((await linesOf(world, slug)).join(), what, `lines of ${slug}`);
}
