import type { Answer } from '../helpers/client.ts';
import { change } from './changes.ts';
import { Dice } from './dice.ts';
import { GROUP, MESSAGES, type Person, type World } from './world.ts';

/** Posts a message by one entry point, as often as necessary. Resolves to its seq; undefined when the response has none. */
type Send = (world: World, writer: Writer, text: string, key: string) => Promise<number | undefined>;

export type Writer = {
  readonly name: string;
  readonly person: Person;
  readonly send: Send;
  /** How this writer changes its messages; undefined: it never does. */
  readonly hand: 'form' | 'api' | undefined;
  /** Number of messages of others between two of this writer. */
  readonly pace: number;
};

/** Writes until the end of the run; finishes the current message. */
export async function write(world: World, writer: Writer, seed: string): Promise<void> {
  const { ledger } = world;
  const dice = new Dice(`writer ${writer.name} ${seed}`);
  for (let i = 1; !ledger.isOver; i += 1) {
    const text = wording(dice, writer.name, i);
    const seq = await writer.send(world, writer, text, `${writer.name}-${i}`);
    ledger.acknowledge({ text, author: writer.person.name, seq });
    if (seq !== undefined && writer.hand) await change(world, writer.person, writer.hand, { seq, text }, dice);
    if (writer.pace > 0) await ledger.messages(writer.pace);
  }
}

/** A unique text; some are long, have several lines, or contain characters with a meaning in a format on the way. */
function wording(dice: Dice, name: string, i: number): string {
  const ends = [
    '',
    '',
    '',
    '',
    ' <b>&amp;</b> "quoted" \'too\'',
    '\nsecond line\n\nfourth, after an empty one',
    ' data: x',
    ' 🦊 é',
    ' long'.repeat(200),
  ];
  return `${name} says ${i}${dice.pick(ends)}`;
}

const FORM = { Accept: 'text/html', 'Content-Type': 'application/x-www-form-urlencoded' };
const JSON_TYPE = { Accept: 'application/json', 'Content-Type': 'application/json' };

/** The page's form with its hidden nonce: the response redirects to the message. A refusal shows the form with the text and nonce. */
export const form: Send = async ({ ledger }, { person }, text, key) => {
  const body = new URLSearchParams({ body: text, key }).toString();
  const answer = await person.insist({ path: MESSAGES, method: 'POST', headers: FORM, body }, ({ text: page }) => {
    ledger.count('forms that came back filled');
    ledger.expect(typedIn(page) === text && nonceIn(page) === key, () => `a refused form came back without what was typed:\n${page}`);
  });
  const [, seq] = /^\/groups\/lobby#m-(\d+)$/.exec(answer.headers.get('location') ?? '') ?? [];
  ledger.expect(answer.status === 303 && seq !== undefined, () => `a form was answered ${answer.status}: ${answer.text.slice(0, 500)}`);
  return Number(seq);
};

const typedIn = (page: string): string | undefined => {
  const [, typed] = /<textarea[^>]*\bname="body"[^>]*>\n?([^<]*)<\/textarea>/.exec(page) ?? [];
  return typed === undefined ? undefined : unescaped(typed);
};

const nonceIn = (page: string): string | undefined => /<input[^>]*\bname="key"[^>]*\bvalue="([^"]*)"/.exec(page)?.[1];

const CHARACTERS: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" };
const unescaped = (html: string): string => html.replace(/&(?:amp|lt|gt|quot|#39);/g, (name) => CHARACTERS[name] ?? name);

type Reply = {
  readonly seq: number;
  readonly body: string;
  readonly reply_to: number | null;
  readonly thread: { readonly root: number; readonly replies: number } | null;
};

/** The last message of each writer that replies, with the root of its thread. */
const answered = new WeakMap<Person, { readonly seq: number; readonly root: number }>();

/** The JSON API with a token and an Idempotency-Key; each message but the first answers the writer's last one. */
export const api: Send = async ({ ledger }, { person }, text, key) => {
  const last = answered.get(person);
  const body = JSON.stringify({ body: text, ...(last && { reply_to: last.seq }) });
  const answer = await person.insist({ path: MESSAGES, method: 'POST', headers: { ...JSON_TYPE, 'Idempotency-Key': key }, body });
  ledger.expect([200, 201].includes(answer.status), () => `a post was answered ${answer.status}: ${answer.text}`);
  const { seq, body: said, reply_to: replyTo, thread } = answer.json<Reply>();
  ledger.expect(said === text, () => `"${text}" was answered as "${said}"`);
  const isInThread = last === undefined || (replyTo === last.seq && thread?.root === last.root && thread.replies >= 1);
  ledger.expect(isInThread, () => `a reply to ${last?.seq} answers ${replyTo}, in the thread ${JSON.stringify(thread)}`);
  answered.set(person, { seq, root: last?.root ?? seq });
  return seq;
};

/**
 * A draft, written in pieces at any server and committed with its text until that is acknowledged: it is one message, whether the draft is still there,
 * has ended, or was never begun.
 */
export const drafting: Send = async ({ ledger }, { person }, text, key) => {
  const request = (method: string, path: string, fields: object) => ({
    ...{ path: `${GROUP}/drafts${path}`, method, headers: JSON_TYPE, body: JSON.stringify(fields) },
  });
  const begun = await person.once(request('POST', '', {}));
  const isBegun = begun?.status === 201;
  const id = isBegun ? begun.json<{ readonly id: string }>().id : key.replace('-', '0').padStart(16, '0');
  const half = Math.floor(text.length / 2);
  if (isBegun) for (const append of [text.slice(0, half), text.slice(half)]) await person.once(request('PATCH', `/${id}`, { append }));
  ledger.count(isBegun ? 'drafts begun' : 'drafts not begun');
  const answer = await person.insist(request('POST', `/${id}/commit`, { body: text }));
  ledger.expect([200, 201].includes(answer.status), () => `a commit was answered ${answer.status}: ${answer.text}`);
  const { seq, body: said } = answer.json<Reply>();
  ledger.expect(said === text, () => `"${text}" was committed as "${said}"`);
  return seq;
};

const CHOICES = ['approve', 'reject'].map((id) => ({ id, label: `To ${id}`, choice: 'decision' }));

/**
 * A bot's message with two buttons, of which two people press one each at the same time, until it is acknowledged: for one of them it is, the other one
 * hears that it is done.
 */
export const asking =
  (people: readonly Person[]): Send =>
  async ({ ledger }, { person }, text, key) => {
    const request = { path: MESSAGES, method: 'POST', body: JSON.stringify({ body: text, actions: CHOICES }) };
    const asked = await person.insist({ ...request, headers: { ...JSON_TYPE, 'Idempotency-Key': key } });
    ledger.expect([200, 201].includes(asked.status), () => `a post with actions was answered ${asked.status}: ${asked.text}`);
    const { seq } = asked.json<Reply>();
    const press = (one: Person, index: number): Promise<Answer> =>
      one.insist({
        ...{ path: `${MESSAGES}/${seq}/actions/${CHOICES[index]?.id}`, method: 'POST', body: '{}' },
        headers: { ...JSON_TYPE, 'Idempotency-Key': `${key}-${index}` },
      });
    const answers = await Promise.all(people.map(press));
    const statuses = answers.map(({ status }) => status);
    const said = () =>
      `#${seq}, pressed by ${people.length}, was answered ${answers.map(({ status, text: why }) => `${status} ${why.slice(0, 300)}`)}`;
    ledger.expect(statuses.toSorted().join() === '200,409', said);
    ledger.pressed.set(seq, people[statuses.indexOf(200)]?.name ?? '');
    ledger.count('acknowledged: act');
    return seq;
  };

/** Between two looks at whether a scheduled message was sent, a writer waits for this number of messages. */
const MESSAGES_PER_LOOK = 3;
/** A time that is this far away is that of a clock that was set, ms. */
const FAR_MS = 5000;

type Scheduled = { readonly id: string; readonly body: string; readonly at: string; readonly state: string };

/**
 * A message that is sent later, by whichever server runs. Servers turn their clocks by hours, so its time is soon by the clock of the server that says what
 * time it is, and is changed when it is hours away.
 */
export const later: Send = async ({ ledger }, { person }, text, key) => {
  const soon = async (): Promise<number> => {
    const { at } = (await person.insist({ path: '/me', headers: JSON_TYPE })).json<{ readonly at: string }>();
    return Math.min(Date.parse(at), Date.now()) + 300;
  };
  const waiting = async (): Promise<Scheduled | undefined> =>
    (await person.insist({ path: '/scheduled', headers: JSON_TYPE }))
      .json<{ readonly results: readonly Scheduled[] }>()
      .results.find(({ body }) => body === text);
  for (let isTaken = false; !isTaken; ) {
    const request = { method: 'POST', path: `${GROUP}/scheduled`, headers: { ...JSON_TYPE, 'Idempotency-Key': key } };
    const { status, text: said } = await person.insist({ ...request, body: JSON.stringify({ body: text, at: await soon() }) });
    const isPast = status === 422 && said.includes('"field":"at"');
    isTaken = [200, 201, 410].includes(status) || said.includes('"code":"keyReused"'); // an earlier request with another time was taken
    ledger.expect(isTaken || isPast, () => `a message for later was answered ${status}: ${said}`);
  }
  for (let found = await waiting(); found; found = await waiting()) {
    const { id, at, state } = found;
    const now = await soon();
    ledger.expect(state !== 'failed', () => `a message for later could not be sent: "${text}"`);
    if (Date.parse(at) > now + FAR_MS)
      await person.once({ method: 'PATCH', path: `/scheduled/${id}`, headers: JSON_TYPE, body: JSON.stringify({ at: now }) });
    if (!ledger.isOver) await ledger.messages(MESSAGES_PER_LOOK);
  }
  ledger.count('messages sent later');
  return undefined;
};

/** An incoming webhook: its response is only `ok`. */
export const hook =
  (path: string, keyHeader: string): Send =>
  async ({ ledger }, { person }, text, key) => {
    const headers = { 'Content-Type': 'text/plain; charset=utf-8', [keyHeader]: key }; // JSON would be parsed as Slack's format, with its markup
    const answer = await person.insist({ path, method: 'POST', headers, body: text });
    ledger.expect(answer.status === 200 && answer.text === 'ok', () => `a webhook was answered ${answer.status}: ${answer.text}`);
    return undefined;
  };

/** `parley post`, sometimes killed while it runs. */
export const commandLine: Send = async ({ environment, ledger }, { person }, text, key) => {
  const args = ['--json', 'post', 'lobby', '-', '--as', person.name, '--key', key];
  for (;;) {
    const options = person.dice.chance(0.2) ? { input: text, until: ledger.messages(person.dice.int(1, 20)) } : { input: text };
    const { status, out, err } = await ledger.inTime('parley post to end', environment.cli(args, options));
    if (status === 0) return Number(JSON.parse(out).seq);
    ledger.count('commands that failed or were killed');
    ledger.expect(status === null || /"code":"unavailable"/.test(err), () => `parley post failed with ${status}: ${err}`);
    if (status !== null) ledger.refuse();
  }
};

/** Long texts: characters that JSON and HTML escape to several times their length. */
export const bulk = (name: string): string => `bulk ${name} ${"'".repeat(60_000)}`;
