import { strictEqual } from 'node:assert/strict';
import { request } from 'node:http';
import { FILES, type Participants } from './participants.ts';
import type { Fault } from './schedule.ts';
import type { World } from './world.ts';

const PATH = `/groups/${FILES}/messages`;
const BOUNDARY = 'a-boundary-that-no-file-contains';
const UPLOAD_HEADERS = { Accept: 'application/json', 'Content-Type': `multipart/form-data; boundary=${BOUNDARY}` };
const FILE_BYTES = 100_000;
/** A sender that sends nothing for 30 s is given up. */
const TRICKLE_MS = 500;

const partOf = (name: string): string =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; name="attachment"; filename="${name}.txt"\r\nContent-Type: text/plain\r\n\r\n`;
const END = `\r\n--${BOUNDARY}--\r\n`;
const contentOf = (name: string): string => `${name} `.repeat(Math.ceil(FILE_BYTES / (name.length + 1)));

type Posted = { readonly seq: number; readonly attachments: readonly { readonly url: string }[] };
type Said = { readonly status: number; readonly text: string };

/** Uploads one file at once, and begins with a second; `finish` sends the rest and resolves to the answer. */
class SlowUpload {
  readonly contents: string[];
  readonly #request: ReturnType<typeof request>;
  readonly #answer: Promise<Said>;
  readonly #trickle: NodeJS.Timeout;

  constructor(url: string, key: string, { person }: Participants) {
    this.contents = [contentOf(`${key}-1`), ''];
    const headers = { ...UPLOAD_HEADERS, ...person.credentials, 'Idempotency-Key': key };
    this.#request = request(`${url}${PATH}`, { method: 'POST', headers, agent: false });
    this.#answer = new Promise((resolve, reject) => {
      this.#request.once('error', reject).once('response', async (response) => {
        let text = '';
        response.setEncoding('utf8').once('error', reject);
        for await (const chunk of response) text += chunk;
        resolve({ status: response.statusCode ?? 0, text });
      });
    });
    this.#answer.catch(() => {});
    this.#request.write(`${partOf('1')}${this.contents[0]}\r\n${partOf('2')}`);
    this.#trickle = setInterval(() => this.#more(), TRICKLE_MS);
  }

  #more(): void {
    this.#request.write('more ');
    this.contents[1] += 'more ';
  }

  /** Rejects when there is no answer. */
  finish(): Promise<Said> {
    clearInterval(this.#trickle);
    this.#more();
    this.#request.end(END);
    return this.#answer;
  }
}

function acknowledge({ ledger }: World, key: string, { status, text }: Said, contents: readonly string[]): void {
  ledger.expect(status === 200 || status === 201, () => `the upload ${key} was answered ${status}: ${text}`);
  if (status !== 200 && status !== 201) return;
  const { seq, attachments }: Posted = JSON.parse(text);
  ledger.expect(attachments.length === contents.length, () => `the upload ${key} has ${attachments.length} files: ${text}`);
  ledger.uploads.set(key, { seq, files: attachments.map(({ url }, index) => ({ url, content: contents[index] ?? '' })) });
}

/** Uploads until it is acknowledged. */
async function upload(world: World, { person }: Participants, key: string): Promise<void> {
  const contents = [contentOf(`${key}-1`), contentOf(`${key}-2`)];
  const body = `${partOf('1')}${contents[0]}\r\n${partOf('2')}${contents[1]}${END}`;
  acknowledge(
    world,
    key,
    await person.insist({ path: PATH, method: 'POST', headers: { ...UPLOAD_HEADERS, 'Idempotency-Key': key }, body }),
    contents,
  );
}

const keyOf = ({ ledger }: World, i = 1): string => `upload-${ledger.uploads.size + i}`;

/** A server that believes that it is two hours later removes no file of a message that is being posted. */
export async function uploadUnderClock(
  world: World,
  participants: Participants,
  { server: index, messages }: Fault & { kind: 'ahead' },
): Promise<void> {
  const { environment, ledger } = world;
  const turnClock = (): void =>
    void (environment.server(index).pid !== undefined && process.kill(environment.server(index).pid ?? 0, 'SIGIO'));
  environment.favourite = index + 1;
  const key = keyOf(world);
  const slow = new SlowUpload(environment.url(index + 1), key, participants);
  turnClock();
  const others = [2, 3, 4, 5].map((i) => upload(world, participants, keyOf(world, i)));
  await Promise.all([ledger.messages(messages), ...others]);
  acknowledge(world, key, await ledger.inTime(`an answer to ${key}`, slow.finish()), slow.contents);
  turnClock();
  environment.favourite = undefined;
  await hasFiles(world, participants);
}

/** An upload continues when its process, which has no workers, receives SIGHUP. */
export async function hangUp(world: World, participants: Participants, messages: number): Promise<void> {
  const { environment, ledger } = world;
  const server = environment.server(0);
  const key = keyOf(world);
  const slow = new SlowUpload(server.url, key, participants);
  if (server.pid !== undefined) process.kill(server.pid, 'SIGHUP');
  await ledger.messages(messages);
  acknowledge(world, key, await ledger.inTime(`an answer to ${key}`, slow.finish()), slow.contents);
  await hasFiles(world, participants);
}

/** Every server has the files of every message that was acknowledged, as they were sent. */
export async function hasFiles({ environment, ledger }: World, { person }: Participants): Promise<void> {
  for (const { url: base } of environment.servers)
    for (const [key, { files }] of ledger.uploads)
      for (const { url, content } of files) {
        const response = await fetch(new URL(url, base), { headers: person.credentials });
        const text = await response.text();
        strictEqual(response.status, 200, `a file of ${key}: ${text.slice(0, 300)}`);
        strictEqual(text === content, true, `a file of ${key} has ${text.length} bytes, ${content.length} were sent`);
      }
  ledger.count('uploads checked', ledger.uploads.size);
}
