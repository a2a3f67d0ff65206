import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { aboutOf, type EntryJson, foldOf, isGone, type MessageJson } from './entries.ts';
import { hasLines } from './group-changes.ts';
import type { Participants } from './participants.ts';
import { historyAfter } from './plain-readers.ts';
import { articlesIn } from './rows.ts';
import { hasFiles } from './uploads.ts';
import { GROUP, type Person, type World } from './world.ts';

/** Checks all invariants after the run, when every reader is up to date. Throws the first violation. */
export async function holdsExactly(world: World, participants: Participants): Promise<void> {
  const entries = participants.programs[0]?.entries ?? [];
  isDense(entries);
  isAcknowledged(world, entries);
  for (const { reader, entries: others } of participants.programs) isSame(`what ${reader.name} heard`, others, entries);
  const history = await historyOf(participants.person);
  isFold(entries, history);
  isFated(world, history);
  isPressed(world, entries);
  await showsRows(world, participants, history);
  isContiguous(participants, entries);
  await isTailed(world, entries);
  await hasFiles(world, participants);
  await hasLines(world);
}

/** Seqs are 1, 2, 3, …; message numbers grow by one; times never decrease, whatever the clocks did. */
function isDense(entries: readonly EntryJson[]): void {
  let [n, at] = [0, ''];
  for (const [index, entry] of entries.entries()) {
    strictEqual(entry.seq, index + 1);
    if (entry.kind === 'message') n += 1;
    strictEqual(entry.n, n, `number of entry ${entry.seq}`);
    ok(entry.at >= at, `entry ${entry.seq} is of ${entry.at}, after one of ${at}`);
    at = entry.at;
  }
}

/** Each acknowledged message exists once, at the acknowledged seq and with its text; there is no other message. */
function isAcknowledged(world: World, entries: readonly EntryJson[]): void {
  const { ledger } = world;
  const messages = entries.filter(({ kind }) => kind === 'message');
  deepStrictEqual(repeatedIn(messages.map(({ body = '' }) => body).filter((body) => body !== '')), [], 'messages that are there twice');
  strictEqual(messages.length, ledger.acknowledged.size, 'as many messages as were acknowledged');
  const bySeq = new Map(messages.map((entry) => [entry.seq, entry]));
  const byText = new Map(messages.map((entry) => [entry.body, entry]));
  for (const { text, author, seq } of ledger.acknowledged.values()) {
    const found = seq === undefined ? byText.get(text) : bySeq.get(seq);
    ok(found, `"${text.slice(0, 80)}" was acknowledged as #${seq} and is not there`);
    strictEqual(found.author.name, author, `author of #${found.seq}`);
    if (!isGone(found) || seq === undefined || !ledger.mayBeErased.has(seq)) strictEqual(found.body, original(world, found, text));
  }
}

const repeatedIn = (texts: readonly string[]): string[] => texts.filter((text, index) => texts.indexOf(text) !== index);

/** The expected text of a message that may have been edited before it was read: a snapshot holds the latest text. */
function original({ ledger }: World, entry: EntryJson, text: string): string {
  const fate = ledger.fates.get(entry.seq);
  return fate && (entry.rev ?? 0) > entry.seq && entry.body === fate.body ? fate.body : text;
}

/** Compares entries; ignores texts that were erased before one of the two readers got them. */
function isSame(what: string, found: readonly EntryJson[], wanted: readonly EntryJson[]): void {
  strictEqual(found.length, wanted.length, what);
  for (const [index, entry] of found.entries()) {
    const other = wanted[index];
    if (other && (isGone(entry) || isGone(other))) deepStrictEqual(outline(entry), outline(other), what);
    else deepStrictEqual(shared(entry), shared(other), what);
  }
}

/** Without the thread, which grows with each reply, and what only those may read who are involved in an act. */
const shared = (entry: EntryJson | undefined) => ({ ...entry, thread: undefined, value: undefined, values: undefined });

const outline = ({ seq, n, kind, at, author, target }: EntryJson) => ({ seq, n, kind, at, author, target });

async function historyOf(person: Person): Promise<MessageJson[]> {
  const history: MessageJson[] = [];
  for (let page = await historyAfter(person, 0); page.length > 0; page = await historyAfter(person, history.at(-1)?.seq ?? 0))
    history.push(...page);
  return history;
}

/** Folding all streamed entries gives the same messages as the history. */
function isFold(entries: readonly EntryJson[], history: readonly MessageJson[]): void {
  const folded = foldOf(entries);
  strictEqual(history.length, folded.size, 'length of the history');
  for (const message of history) deepStrictEqual(state(message), state(folded.get(message.seq)), `message #${message.seq}`);
}

function state(message: Partial<MessageJson> | undefined) {
  const { seq, n, at, author, erased, rev } = message ?? {};
  const { body, edited_at, reactions } = message ?? {};
  return { seq, n, at, author, erased, ...(erased ? {} : { rev, body, edited_at, reactions }) };
}

/** Every acknowledged change of a message is in the history. */
function isFated({ ledger }: World, history: readonly MessageJson[]): void {
  const bySeq = new Map(history.map((message) => [message.seq, message]));
  for (const [seq, { body, erased, reactions }] of ledger.fates) {
    const message = bySeq.get(seq);
    strictEqual(message?.erased, erased, `whether #${seq} is erased`);
    if (erased) continue;
    strictEqual(message.body, body, `text of #${seq}`);
    strictEqual(message.reactions.flatMap(({ by }) => by).length, reactions.size, `reactions to #${seq}`);
  }
}

/** Each message with buttons was used once, by whom it was acknowledged. */
function isPressed({ ledger }: World, entries: readonly EntryJson[]): void {
  const acts = entries.filter(({ kind }) => kind === 'act');
  deepStrictEqual(new Map(acts.map(({ target, author }) => [target, author.name])), ledger.pressed, 'who has pressed');
  strictEqual(acts.length, ledger.pressed.size, 'as many presses as were acknowledged');
}

/** Open pages and frames show the same rows as a newly loaded page, and as the history. */
async function showsRows({ environment }: World, { pages, person }: Participants, history: readonly MessageJson[]): Promise<void> {
  const loaded = await Promise.all(environment.servers.map(({ url }) => load(url, person, GROUP)));
  const [newest = new Map<number, string>()] = loaded;
  for (const other of loaded) deepStrictEqual(other, newest, 'a page of one server and of another');
  ok(newest.size >= Math.min(50, history.length), 'the newest page is full');
  for (const { reader, rows } of pages) {
    for (const [seq, row] of newest) strictEqual(rows.get(seq), row, `row #${seq} of ${reader.name}`);
    const first = Math.min(...rows.keys());
    for (const message of history) if (message.seq >= first) isShown(reader.name, message, rows.get(message.seq) ?? '');
  }
}

async function load(url: string, person: Person, path: string): Promise<Map<number, string>> {
  const answer = await fetch(new URL(path, url), { headers: { ...person.credentials, Accept: 'text/html' } });
  return articlesIn(await answer.text());
}

function isShown(reader: string, { seq, erased, html }: MessageJson, row: string): void {
  const isRight = erased ? row.includes('Message erased') : row.includes(`<div class="body" dir="auto">${html}</div>`);
  ok(isRight, `#${seq} in ${reader} is not what the history says: ${row.slice(0, 600)}`);
}

/** Every document of the frame shows a contiguous part of the log. */
function isContiguous({ frame }: Participants, entries: readonly EntryJson[]): void {
  const shown = entries.filter((entry) => aboutOf(entry) === entry.seq).map(({ seq }) => seq);
  for (const document of frame.documents) {
    const from = shown.indexOf(document[0] ?? 0);
    if (document.length > 0) deepStrictEqual(document, shown.slice(from, from + document.length), 'a document of the frame');
  }
}

/** The command line prints the same log. */
async function isTailed({ environment }: World, entries: readonly EntryJson[]): Promise<void> {
  const { status, out, err } = await environment.cli(['--json', 'tail', 'lobby', '-n', '999999999']);
  strictEqual(status, 0, err);
  const printed: EntryJson[] = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  isSame('what parley tail printed', printed, entries);
}
