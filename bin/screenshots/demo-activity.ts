import { spawnSync } from 'node:child_process';
import { ferryImage } from './ferry-image.ts';

/** The server of the screenshots: its URL, the path of `parley`, and the environment to run it with. */
type DemoServer = { readonly url: string; readonly parley: string; readonly env: NodeJS.ProcessEnv };

type Files = readonly { readonly name: string; readonly type: string; readonly bytes: Uint8Array }[];

const TIMES = `Start to next ferry, three phones, cold and from memory:

| phone | 2.3 | 2.4 cold | 2.4 from memory |
|:--|--:|--:|--:|
| eight years old | 3.8 s | 2.1 s | **0.4 s** |
| mid-range | 1.9 s | 1.0 s | **0.2 s** |
| new | 0.9 s | 0.5 s | **0.1 s** |`;

const CODE = `This is all there is to it now, @Tom:

\`\`\`js
const stored = await timetables.open({ keepFor: '14 days' });
if (!navigator.onLine) return stored.next(pier); // "from memory"
\`\`\``;

const BUILD = {
  text: '',
  attachments: [
    {
      color: 'good',
      title: 'app 2.4.0 is signed and waits for its day',
      title_link: 'https://example.org/quayside/builds/412',
      text: 'All 1,204 checks passed in *6 min 10 s*.',
      fields: [
        { title: 'Commit', value: '`a41f09e` by Ines', short: true },
        { title: 'Size', value: '8.2 MB (−0.4)', short: true },
      ],
    },
  ],
};

/** Posts the messages of the current day: tables, code, an image, a bot's card, pins, direct messages. Resolves when all are posted. */
export async function postActivity(server: DemoServer): Promise<void> {
  const people = new Map(['Maya', 'Tom', 'Ines', 'Kofi', 'Yuki', 'Jonas'].map((name) => [name, clientOf(server, name)]));
  const as = (name: string): Client => people.get(name) ?? clientOf(server, name);
  const app = '/groups/timetable-app';
  await as('Jonas').post(app, CODE);
  const times = await as('Tom').post(app, TIMES);
  await react(times, '🚀', [as('Ines'), as('Maya'), as('Jonas')]);
  await as('Ines').pin(times);
  await fetch(buildsWebhook(server), { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(BUILD) });
  const photo = await as('Yuki').post(app, 'The evening boat, from the new pier. For the release notes?', [
    { name: 'evening-boat.png', type: 'image/png', bytes: await ferryImage() },
  ]);
  await react(photo, '😍', [as('Ines'), as('Tom'), as('Maya')]);
  await react(photo, '⛴️', [as('Jonas')]);
  await as('Maya').post(app, 'Yes! And as the new start picture, please. @Ines, does it still fit into the freeze?');
  await as('Ines').post(app, 'It does: it is data, not code. :tada:');
  await postInOtherGroups(as);
}

/** Messages in other groups and direct messages, for unread counts in the sidebar. */
async function postInOtherGroups(as: (name: string) => Client): Promise<void> {
  await as('Tom').post('/groups/general', 'Cinnamon buns in the kitchen, still warm.');
  await as('Kofi').post('/groups/operations', '@Maya the certificate for the new host is in place.');
  const talk = await as('Ines').direct('Maya');
  await as('Ines').post(talk, 'Have you five minutes for the release notes?');
  const trio = await as('Yuki').direct('Maya, Tom');
  await as('Yuki').post(trio, 'Surprise for Kofi’s birthday: who brings the candles?');
  await as('Jonas').post(await as('Jonas').direct('Maya'), 'Thank you!');
  for (const slug of ['general', 'reading', 'timetable-app']) await as('Maya').read(`/groups/${slug}`);
}

async function react(message: string, emoji: string, people: readonly Client[]): Promise<void> {
  for (const one of people) await one.react(message, emoji);
}

/** An API client with the token of one person. `post` resolves to the URL of the message, `direct` to that of the conversation. */
type Client = {
  post(group: string, body: string, files?: Files): Promise<string>;
  react(message: string, emoji: string): Promise<void>;
  pin(message: string): Promise<void>;
  read(group: string): Promise<void>;
  direct(names: string): Promise<string>;
};

function clientOf(server: DemoServer, name: string): Client {
  const { token } = runParley(server, ['token', 'create', name]);
  const ask = async (method: string, path: string, body?: FormData | object): Promise<{ url?: string }> => {
    const isForm = body instanceof FormData;
    const type = body === undefined || isForm ? {} : { 'Content-Type': 'application/json' };
    const content = body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) };
    const headers = { Authorization: `Bearer ${token}`, Accept: 'application/json', ...type };
    const answer = await fetch(new URL(path, server.url), { method, headers, ...content });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? {} : ((await answer.json()) as { url?: string });
  };
  return {
    async post(group, body, files = []) {
      const form = new FormData();
      form.append('body', body);
      form.append('format', 'markdown');
      for (const { name, type, bytes } of files) form.append('attachment', new File([new Uint8Array(bytes)], name, { type }), name);
      return (await ask('POST', `${group}/messages`, form)).url ?? '';
    },
    async react(message, emoji) {
      await ask('PUT', `${message}/reactions/${encodeURIComponent(emoji)}`);
    },
    async pin(message) {
      await ask('PUT', `${message}/pin`);
    },
    async read(group) {
      await ask('POST', `${group}/read`, {});
    },
    async direct(names) {
      return (await ask('POST', '/direct', { with: names })).url ?? '';
    },
  };
}

/** Creates the bot Builds; returns the URL of its webhook. */
const buildsWebhook = (server: DemoServer): URL =>
  new URL(runParley(server, ['bot', 'create', 'Builds', '--group', 'timetable-app']).hook ?? '', server.url);

function runParley({ parley, env }: DemoServer, args: readonly string[]): { readonly token?: string; readonly hook?: string } {
  const { status, stdout, stderr } = spawnSync(parley, [...args, '--json'], { env, encoding: 'utf8', input: '' });
  if (status !== 0) throw new Error(`parley ${args.join(' ')}: ${stderr}`);
  return JSON.parse(stdout);
}
