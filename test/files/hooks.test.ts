import { createHmac } from 'node:crypto';
import test from 'ava';
import { createHook } from '../../lib/bots/operations.ts';
import { sealSecrets } from '../../lib/webhooks/incoming/secrets.ts';
import type { Answer } from '../helpers/client.ts';
import { groupAt, openLobby, userNamed } from '../helpers/fixtures.ts';
import { download, formOf, noise, type Posted, type Sent } from './fixtures.ts';

const secret = 'the-secret-of-a-forge';

test('files by webhook: stored up to the upload limit; for signed requests up to the body limit', async (t) => {
  const site = await openLobby(t, { env: { MAX_UPLOAD_BYTES: '3000000' } });
  await site.ann.form('/groups/lobby/bots', { action: 'create', name: 'Deploy' });
  const [bot, lobby] = await Promise.all([userNamed(site.core, 'Deploy'), groupAt(site.core, 'lobby')]);
  const [open, sealed] = [
    await createHook(site.core, bot, lobby),
    await createHook(site.core, bot, lobby, sealSecrets(site.core, [secret])),
  ];
  const send = (path: string, body: Buffer, type: string, headers: Record<string, string> = {}): Promise<Answer> =>
    site.client().send(path, { method: 'POST', body, headers: { 'Content-Type': type, ...headers } });
  const packed = async (files: readonly Sent[], fields: Record<string, string>): Promise<[Buffer, string]> => {
    const form = new Response(formOf(files, fields));
    return [Buffer.from(await form.arrayBuffer()), form.headers.get('content-type') ?? ''];
  };
  const last = async () => (await site.ann.get('/groups/lobby/messages', 'application/json')).json<Posted[]>().at(-1);
  const signed = (body: Buffer) => ({ 'X-Hub-Signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` });

  const log = noise(2_500_000);
  const [large, type] = await packed([{ name: 'core.dump', content: log, field: 'files[0]' }], {
    payload_json: '{"content":"it crashed"}',
  });
  t.is((await send(`${open}?wait=true`, large, type)).status, 200);
  const kept = await last();
  t.like(kept, { body: 'it crashed', attachments: [{ name: 'core.dump', bytes: log.length }] });
  t.true((await download(site.bob, kept?.attachments[0]?.url ?? '')).equals(log));

  const over = await packed([{ name: 'core.dump', content: noise(3_000_001), field: 'file' }], { content: 'x' });
  t.is((await send(open, ...over)).status, 413);

  const [small, its] = await packed([{ name: 'a.log', content: 'a', field: 'file' }], { text: 'signed' });
  t.is((await send(sealed, small, its)).status, 403);
  t.is((await send(sealed, small, its, signed(small))).text, 'ok');
  t.like(await last(), { body: 'signed', attachments: [{ name: 'a.log' }] });
  t.is((await send(sealed, large, type, signed(large))).status, 413);

  const key = { 'Idempotency-Key': 'once' };
  for (const word of ['ok', 'ok']) t.is((await send(open, small, its, key)).text, word);
  const [other, otherType] = await packed([{ name: 'a.log', content: 'b', field: 'file' }], { text: 'signed' });
  t.is((await send(open, other, otherType, key)).status, 422);
  t.is((await last())?.attachments.length, 1);
  t.deepEqual(await site.core.store.files.listUnattached(Number.MAX_SAFE_INTEGER, 100), []);
});
