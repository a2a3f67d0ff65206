import { LONGEST_DELAY_MS } from './bounds.ts';
import type { EntryJson } from './entries.ts';
import { Reader } from './reader.ts';
import { articlesIn, newer } from './rows.ts';
import { type Frame, Frames } from './sse.ts';
import { GROUP, type Headers, type Person, type World } from './world.ts';

export type Named = { readonly name: string; readonly person: Person; readonly firstServer: number };

/** A program that follows the group from its first entry and expects every seq once, in order. */
export function jsonReader(world: World, { name, person, firstServer }: Named): { reader: Reader; entries: EntryJson[] } {
  const entries: EntryJson[] = [];
  const frames = new Frames();
  const { ledger } = world;
  const takeOne = ({ id, event, data }: { id: number | undefined; event: string; data: string }): void => {
    ledger.expect(event === 'message', () => `${name} was told ${event}: ${data}`);
    if (data === '') {
      ledger.expect(id === entries.length, () => `${name} was opened at #${id} after #${entries.length}`);
      return;
    }
    ledger.expect(id === entries.length + 1, () => `${name} heard #${id} after #${entries.length}`);
    const entry: EntryJson = JSON.parse(data);
    ledger.expect(entry.seq === id, () => `${name} heard entry ${entry.seq} under the id ${id}`);
    entries.push(entry);
    noteDelay(world, reader, entry);
  };
  const reader = new Reader(
    world,
    name,
    person.credentials,
    {
      begin: async () => ({ path: `${GROUP}/events?as=json&after=0`, headers: cursor(entries.length) }),
      take: (text) => frames.take(text).forEach(takeOne),
      end: () => frames.forget(),
      position: () => entries.length,
      hasHeartbeat: true,
    },
    firstServer,
  );
  return { reader, entries };
}

/** A program that follows all its groups by one stream, each from its first entry. Keeps the entries of the group under test. */
export function everythingReader(world: World, { name, person, firstServer }: Named): { reader: Reader; entries: EntryJson[] } {
  const entries: EntryJson[] = [];
  const frames = new Frames();
  const { ledger } = world;
  let last: string | undefined;
  const takeOne = ({ cursor: said, event, data }: Frame): void => {
    ledger.expect(event === 'message', () => `${name} was told ${event}: ${data}`);
    last = said ?? last;
    const entry: EntryJson & { readonly group?: string } = data === '' ? {} : JSON.parse(data);
    if (entry.group !== 'lobby') return;
    ledger.expect(entry.seq === entries.length + 1, () => `${name} heard #${entry.seq} after #${entries.length}, under ${said}`);
    entries.push(entry);
    noteDelay(world, reader, entry);
  };
  const reader = new Reader(
    world,
    name,
    person.credentials,
    {
      begin: async () => ({
        path: '/events?after=0',
        headers: { Accept: 'text/event-stream', ...(last === undefined ? {} : { 'Last-Event-ID': last }) },
      }),
      take: (text) => frames.take(text).forEach(takeOne),
      end: () => frames.forget(),
      position: () => entries.length,
      hasHeartbeat: true,
    },
    firstServer,
  );
  return { reader, entries };
}

const cursor = (seq: number): Headers => ({ Accept: 'text/event-stream', ...(seq === 0 ? {} : { 'Last-Event-ID': String(seq) }) });

/** Latency from the response to the writer to a reader that was connected all the time, while the store was up. */
function noteDelay({ ledger, environment }: World, { name, pipe }: Reader, { body = '' }: EntryJson): void {
  const { at: since, text } = ledger.acknowledged.get(body) ?? {};
  if (since === undefined || !pipe || pipe.isPaused || pipe.readSince > since || environment.isStoreAway(since) || ledger.isFlooded(since))
    return;
  const ms = performance.now() - since;
  ledger.most('longest delay to a reader, ms', ms);
  ledger.expect(ms < LONGEST_DELAY_MS, () => `"${text}" came to ${name} ${Math.round(ms)} ms after it was acknowledged`);
}

/** A page in a browser: loads the group, follows its stream, reloads on `reset`. Keeps its rows by seq. */
export function pageReader(world: World, { name, person, firstServer }: Named): { reader: Reader; rows: Map<number, string> } {
  const rows = new Map<number, string>();
  const frames = new Frames();
  const { ledger } = world;
  let last = 0;
  let path: string | undefined;
  const load = async (): Promise<string> => {
    const { text } = await person.insist({ path: GROUP, headers: { Accept: 'text/html' } });
    const [, url = ''] = /hx-sse:connect="([^"]+)"/.exec(text) ?? [];
    rows.clear();
    for (const [seq, row] of articlesIn(text)) rows.set(seq, row);
    last = Number(/after=(\d+)/.exec(url)?.[1]);
    ledger.count('pages loaded');
    return url;
  };
  const takeOne = ({ id, event, data }: { id: number | undefined; event: string; data: string }): void => {
    if (event === 'reset') path = undefined;
    if (event === 'reset') ledger.count('pages told to load again');
    ledger.expect(['message', 'reset', 'sidebar'].includes(event), () => `${name} was told ${event}: ${data}`);
    if (event !== 'message' || id === undefined || data === '') return;
    ledger.expect(id === last + 1, () => `${name} heard #${id} after #${last}`);
    last = id;
    for (const [seq, row] of articlesIn(data)) if (!isFollowUp(data) || rows.has(seq)) rows.set(seq, newer(rows.get(seq), row));
  };
  const reader = new Reader(
    world,
    name,
    person.credentials,
    {
      begin: async () => {
        path ??= await load();
        return { path, headers: cursor(last) };
      },
      take: (text) => frames.take(text).forEach(takeOne),
      end: () => frames.forget(),
      position: () => last,
      hasHeartbeat: true,
    },
    firstServer,
  );
  return { reader, rows };
}

const isFollowUp = (row: string): boolean => row.startsWith('<article data-follow');
