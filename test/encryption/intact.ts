import type { ExecutionContext } from 'ava';
import { readConfig } from '../../lib/config.ts';
import { asFileId } from '../../lib/ids.ts';
import { foldMessages } from '../../lib/log/history.ts';
import { type OpenCore, openCore } from '../../lib/open-core.ts';
import { type Filled, WORDS } from './fill.ts';

/** A core that is closed with the test, if it was not closed before. */
export async function open(t: ExecutionContext, settings: Record<string, string>): Promise<OpenCore> {
  const core = await openCore(readConfig(settings), { role: 'server', bcryptCost: 4, storeWaitMs: 30_000 });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= core.close();
    return closed;
  };
  t.teardown(close);
  return { ...core, close };
}

/** All that `fill` has stored is there, as it was stored. */
export async function isIntact(t: ExecutionContext, core: OpenCore, { group, file, content, edited, ann }: Filled): Promise<void> {
  const messages = await core.store.log.messages(group, 1, 900);
  const folded = await foldMessages(core, group, messages);
  const bodies = folded.map(({ state }) => state.body);
  for (const word of [WORDS.message, WORDS.edited, WORDS.rich])
    t.true(
      bodies.some((body) => body.includes(word)),
      word,
    );
  t.false(bodies.some((body) => body.includes('decrypt')));
  const message = messages.find(({ seq }) => seq === edited);
  t.true(message?.folded?.body.includes(WORDS.snapshot));
  t.is(messages.find(({ as }) => as !== undefined)?.as, WORDS.sender);
  t.is(messages.find(({ attachments }) => attachments)?.attachments?.[0]?.name, `${WORDS.fileName}.png`);
  t.is((await core.store.groups.byId(group))?.topic, WORDS.topic);
  t.like(await core.store.webhooks.byBot(ann), { url: `http://127.0.0.1/${WORDS.url}`, keywords: [WORDS.keyword] });
  t.like(await core.store.deliveries.byId(`d-${group}`), {
    reason: WORDS.reason,
    attempts: [{ answer: WORDS.answer, error: WORDS.reason }],
  });
  t.like(await core.store.scheduled.byId(`s-${group}`), { body: WORDS.scheduled, failure: null });
  t.like(await core.store.files.byId(file), { name: `${WORDS.fileName}.png`, type: 'image/png' });
  const read = async (part: 'whole' | 'thumb', range?: { from: number; to: number }) =>
    Buffer.concat(await Array.fromAsync((await core.store.files.read(asFileId(file), part, range)) ?? []));
  t.true((await read('whole')).equals(content));
  t.is((await read('thumb')).toString(), WORDS.thumbnail);
  t.true((await read('whole', { from: 70_000, to: 140_001 })).equals(content.subarray(70_000, 140_002)));
}

export function encryptionOf({ encryption }: OpenCore) {
  if (!encryption) throw new Error('no keys');
  return encryption;
}
