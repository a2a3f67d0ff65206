/** Not from test/helpers/fixtures.ts: the servers are processes that are killed, and each writer has a client of its own and a seeded sequence of actions. */
import { Client } from '../helpers/client.ts';
import { PASSWORD } from '../helpers/server.ts';
import { Dice } from './dice.ts';
import { BOT, type EntryJson } from './entries.ts';
import { frameReader, textReader, walkPages } from './plain-readers.ts';
import type { Reader } from './reader.ts';
import { everythingReader, jsonReader, pageReader } from './readers.ts';
import type { World } from './world.ts';
import { Person } from './world.ts';
import { api, asking, commandLine, drafting, form, hook, later, type Writer } from './writers.ts';

/** Groups without messages, enough that the event ids of `/events` must refer to a stored cursor. */
const MORE_GROUPS = 9;

/** A group with Ann as its only member; only one fault writes to it. */
export const QUIET = 'quiet';
/** Another one, for messages with files. */
export const FILES = 'files';

/** All clients of a run. */
export type Participants = {
  readonly person: Person;
  readonly writers: readonly Writer[];
  /** The readers that faults apply to: STREAM_READERS of them. */
  readonly readers: readonly Reader[];
  readonly programs: readonly { readonly reader: Reader; readonly entries: readonly EntryJson[] }[];
  readonly pages: readonly { readonly reader: Reader; readonly rows: ReadonlyMap<number, string> }[];
  readonly frame: { readonly reader: Reader; readonly documents: readonly (readonly number[])[] };
  readonly walk: () => Promise<void>;
};

/** Creates accounts, tokens, a bot and the clients. */
export async function createParticipants(world: World, seed: string): Promise<Participants> {
  const { environment } = world;
  const person = (name: string, role: string, credentials: Person['credentials']): Person =>
    new Person(world, name, credentials, new Dice(`person ${role} ${seed}`));
  const ann = await join(environment.url(0), 'Ann');
  const bob = await join(environment.url(0), 'Bob');
  const dan = await join(environment.url(0), 'Dan');
  const faye = await join(environment.url(0), 'Faye');
  await join(environment.url(0), 'Cleo');
  const token = async (name: string) => ({ Authorization: `Bearer ${(await said(world, ['token', 'create', name])).token}` });
  const { hook: path = '', token: botToken } = await said(world, ['bot', 'create', BOT, '--group', 'lobby']);
  const program = { cleo: await token('Cleo'), dan: await token('Dan') };
  const writers: Writer[] = [
    { name: 'form1', person: person('Ann', 'form1', ann), send: form, hand: 'form', pace: 0 },
    { name: 'form2', person: person('Bob', 'form2', bob), send: form, hand: 'form', pace: 0 },
    { name: 'api1', person: person('Cleo', 'api1', program.cleo), send: api, hand: 'api', pace: 0 },
    { name: 'api2', person: person('Dan', 'api2', program.dan), send: api, hand: 'api', pace: 0 },
    { name: 'api3', person: person('Dan', 'api3', program.dan), send: api, hand: undefined, pace: 0 },
    { name: 'draft1', person: person('Dan', 'draft1', program.dan), send: drafting, hand: undefined, pace: 3 },
    {
      ...{ name: 'acts1', person: person(BOT, 'acts1', { Authorization: `Bearer ${botToken}` }), hand: undefined, pace: 8 },
      send: asking([person('Ann', 'press1', ann), person('Cleo', 'press2', program.cleo)]),
    },
    { name: 'later1', person: person('Cleo', 'later1', program.cleo), send: later, hand: undefined, pace: 30 },
    { name: 'hook1', person: person(BOT, 'hook1', {}), send: hook(path, 'Idempotency-Key'), hand: undefined, pace: 2 },
    { name: 'hook2', person: person(BOT, 'hook2', {}), send: hook(path, 'webhook-id'), hand: undefined, pace: 5 },
    { name: 'cli', person: person('Faye', 'cli', faye), send: commandLine, hand: undefined, pace: 60 },
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
  for (const name of [QUIET, FILES]) await ownGroup(world, name);
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

/** Creates an account in Lobby; resolves to its Cookie header. */
async function join(url: string, name: string): Promise<{ Cookie: string }> {
  const client = new Client(url);
  const { status, text } = await client.form('/signup', { name, password: PASSWORD });
  if (status !== 303) throw new Error(`sign-up answered ${status}: ${text.slice(0, 200)}`);
  await client.form('/groups/join', { slug: 'lobby' });
  return { Cookie: client.cookieHeader };
}

/** Makes a group that Ann alone is in. */
export async function ownGroup(world: World, name: string): Promise<void> {
  await said(world, ['group', 'create', name]);
  await said(world, ['group', 'add', name, 'Ann']);
}

async function said({ environment }: World, args: readonly string[]): Promise<Record<string, string>> {
  const { status, out, err } = await environment.cli(['--json', ...args]);
  if (status !== 0) throw new Error(`parley ${args.join(' ')} failed: ${err}`);
  return JSON.parse(out);
}
