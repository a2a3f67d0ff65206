import test from 'ava';
import { makeWorld, PASSWORD } from '../../../fixtures/world.ts';
import { attached, claim, openFile, storeFile } from '../../../lib/files/operations.ts';
import { asFileId } from '../../../lib/ids.ts';
import { follow } from '../../../lib/messages/edits/follow.ts';
import { keyIn, post } from '../../../lib/messages/operations.ts';
import { startServerFor } from '../../helpers/server.ts';

type Attachment = { readonly name: string; readonly url: string };
type Shown = { readonly body: string; readonly attachments: readonly Attachment[] };

const form = (name: string, content: string): FormData => {
  const data = new FormData();
  data.set('attachment', new File([content], name));
  return data;
};

test('campfire: PATCH with a file replaces the file and keeps the text; PATCH with text keeps the file; both go when it is erased', async (t) => {
  const site = await startServerFor(t, { env: { POSTS_PER_SECOND: '0' } });
  const { team, echo } = await makeWorld(site.core);
  const ann = site.client();
  await ann.form('/login', { name: 'ann', password: PASSWORD });
  const call = (path: string, method: string, body?: string | FormData) =>
    site.client().send(`/rooms/${team.number}/${echo.campfire}/messages${path}`, { method, ...(body === undefined ? {} : { body }) });
  const posted = async (body: string | FormData): Promise<string> =>
    /\/messages\/(\d+)$/.exec((await call('', 'POST', body)).headers.get('location') ?? '')?.[1] ?? '';
  const shown = async (id: string): Promise<Shown> =>
    (await ann.get(`/groups/field-team/messages/${id}`, 'application/json')).json<Shown>();

  const id = await posted('report follows');
  const first = await call(`/${id}`, 'PATCH', form('draft.txt', 'one'));
  t.is(first.status, 200);
  t.is(first.json<{ body: { plain_text: string } }>().body.plain_text, 'report follows');
  const draft = (await shown(id)).attachments[0];
  t.like(await shown(id), { body: 'report follows', attachments: [{ name: 'draft.txt' }] });
  t.is((await ann.get(draft?.url ?? '')).text, 'one');

  t.is((await call(`/${id}`, 'PATCH', 'the report')).status, 200);
  t.like(await shown(id), { body: 'the report', attachments: [{ name: 'draft.txt' }] });
  t.is((await call(`/${id}`, 'PUT', form('final.txt', 'two'))).status, 200);
  const final = await shown(id);
  t.deepEqual([final.body, final.attachments.map(({ name }) => name)], ['the report', ['final.txt']]);
  t.is((await ann.get(final.attachments[0]?.url ?? '')).text, 'two');

  const alone = await posted(form('picture.txt', 'old'));
  const replaced = await call(`/${alone}`, 'PATCH', form('other.txt', 'new'));
  t.is(replaced.json<{ body: { plain_text: string } }>().body.plain_text, 'other.txt', 'a file alone is known by its name');
  t.is((await call(`/${id}`, 'PATCH', new FormData())).status, 422, 'a form without a file');

  t.is((await call(`/${id}`, 'DELETE')).status, 204);
  for (const file of [draft, final.attachments[0]]) t.is((await ann.get(file?.url ?? '')).status, 404, file?.name);
  site.clock.turn(60_000);
  await site.server.sweep();
  const stored = await site.core.store.log.range(team.id, 1, 999);
  t.deepEqual(
    stored.flatMap((entry) => ('attachments' in entry ? (entry.attachments ?? []).map(({ name }) => name) : [])),
    ['picture.txt', 'other.txt'],
  );
  for (const file of [draft, final.attachments[0]]) {
    const name = file?.url.split('/')[2] ?? '';
    t.is(await site.core.store.files.byId(asFileId(name)), undefined, name);
  }
});

test('files: a file that replaces another is found by its key after a crash before it is attached', async (t) => {
  const site = await startServerFor(t);
  const { core } = site;
  const { ann: user, team: group } = await makeWorld(core);
  const at = { user, group, membership: await core.store.memberships.get(group.id, user.id) };
  const { message } = await post(core, at, { body: 'report' });
  const bytes = async function* () {
    yield new TextEncoder().encode('two');
  };
  const stored = await storeFile(core, at, bytes(), { name: 'final.txt' });
  const key = keyIn('attachment', 'crashed');
  await claim(core, [stored], key);
  const edited = { kind: 'edit', target: message.seq, body: 'report', format: 'text', attachments: [attached(stored)] } as const;
  await follow(core, at, edited, () => true, { key });
  t.is((await core.store.files.byId(stored.id))?.seq, null);
  site.clock.turn(2 * 3_600_000); // longer than an unattached file is kept
  await site.server.sweep();
  t.is((await openFile(core, stored.id)).seq, message.seq);
});
