/** Not from test/helpers/cast.ts: the servers are processes that are killed, and each person has a door and a seeded sequence of actions. */
import { Client } from '../helpers/client.ts';
import { PASSWORD } from '../helpers/server.ts';
import { Dice } from './dice.ts';
import { BOT, type EntryJson } from './entries.ts';
import { frameReader, textReader, walkPages } from './plain-readers.ts';
import type { Reader } from './reader.ts';
import { everythingReader, jsonReader, pageReader } from './readers.ts';
import type { World } from './world.ts';
import { Person } from './world.ts';
import { api, commandLine, form, hook, type Writer } from './writers.ts';

/** Quiet ones, so many that the ids of a stream of all groups have to name a stored set. */
const MORE_GROUPS = 9;

/** A group that Ann alone is in, and only a fault writes to. */
export const QUIET = 'quiet';

/** Everybody who takes part in a run. */
export type Cast = {
  readonly person: Person;
  readonly writers: readonly Writer[];
  /** To strike: as many as STREAM_READERS. */
  readonly readers: readonly Reader[];
  readonly programs: readonly { readonly reader: Reader; readonly entries: readonly EntryJson[] }[];
  readonly pages: readonly { readonly reader: Reader; readonly rows: ReadonlyMap<number, string> }[];
  readonly frame: { readonly reader: Reader; readonly documents: readonly (readonly number[])[] };
  readonly walk: () => Promise<void>;
};

/** Makes accounts, tokens and a bot, and gives everybody their part. */
export async function openCast(world: World, seed: string): Promise<Cast> {
  const { stage } = world;
  const person = (name: string, role: string, credentials: Person['credentials']): Person =>
    new Person(world, name, credentials, new Dice(`person ${role} ${seed}`));
  const ann = await join(stage.url(0), 'Ann');
  const bob = await join(stage.url(0), 'Bob');
  const dan = await join(stage.url(0), 'Dan');
  const faye = await join(stage.url(0), 'Faye');
  await join(stage.url(0), 'Cleo');
  const token = async (name: string) => ({ Authorization: `Bearer ${(await said(world, ['token', 'create', name])).token}` });
  const path = (await said(world, ['bot', 'create', BOT, '--group', 'lobby'])).hook ?? '';
  const program = { cleo: await token('Cleo'), dan: await token('Dan') };
  const writers: Writer[] = [
    { name: 'form1', person: person('Ann', 'form1', ann), door: form, hand: 'form', pace: 0 },
    { name: 'form2', person: person('Bob', 'form2', bob), door: form, hand: 'form', pace: 0 },
    { name: 'api1', person: person('Cleo', 'api1', program.cleo), door: api, hand: 'api', pace: 0 },
    { name: 'api2', person: person('Dan', 'api2', program.dan), door: api, hand: 'api', pace: 0 },
    { name: 'api3', person: person('Dan', 'api3', program.dan), door: api, hand: undefined, pace: 0 },
    { name: 'hook1', person: person(BOT, 'hook1', {}), door: hook(path, 'Idempotency-Key'), hand: undefined, pace: 2 },
    { name: 'hook2', person: person(BOT, 'hook2', {}), door: hook(path, 'webhook-id'), hand: undefined, pace: 5 },
    { name: 'cli', person: person('Faye', 'cli', faye), door: commandLine, hand: undefined, pace: 60 },
  ];
  const named = (name: string, credentials: Person['credentials'], firstServer: number) => ({
    name,
    person: person(name, name, credentials),
    firstServer,
  });
  for (let i = 1; i <= MORE_GROUPS; i += 1) {
    const { slug = '' } = await said(world, ['group', 'create', `Group ${i}`]);
    await said(world, ['group', 'add', slug, 'Cleo']);
  }
  await said(world, ['group', 'create', QUIET]);
  await said(world, ['group', 'add', QUIET, 'Ann']);
  const programs = [
    jsonReader(world, named('json1', program.cleo, 0)),
    jsonReader(world, named('json2', ann, 1)),
    everythingReader(world, named('all', program.cleo, 0)),
  ] as const;
  const pages = [pageReader(world, named('page1', bob, 0)), pageReader(world, named('page2', faye, 1))];
  const frame = frameReader(world, named('frame', dan, 0));
  const text = textReader(world, named('text', program.dan, 1), programs[0]);
  const readers = [...programs, ...pages, frame].map(({ reader }) => reader).concat(text);
  return {
    person: person('Ann', 'checks', ann),
    writers,
    readers,
    programs,
    pages,
    frame,
    walk: () => walkPages(world, person('Cleo', 'walk', program.cleo)),
  };
}

/** A new account in Lobby; resolves to its cookie. */
async function join(url: string, name: string): Promise<{ Cookie: string }> {
  const client = new Client(url);
  const { status, text } = await client.form('/signup', { name, password: PASSWORD });
  if (status !== 303) throw new Error(`sign-up answered ${status}: ${text.slice(0, 200)}`);
  await client.form('/groups/join', { slug: 'lobby' });
  return { Cookie: client.cookieHeader };
}

async function said({ stage }: World, args: readonly string[]): Promise<Record<string, string>> {
  const { status, out, err } = await stage.cli(['--json', ...args]);
  if (status !== 0) throw new Error(`parley ${args.join(' ')} failed: ${err}`);
  return JSON.parse(out);
}
