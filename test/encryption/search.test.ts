import test from 'ava';
import { openLobby, postAs } from '../helpers/fixtures.ts';
import { newKey } from './keys.ts';

test('search with keys finds whole words and phrases, and the page does not promise beginnings of words', async (t) => {
  const site = await openLobby(t, { env: { ENCRYPTION_KEYS: newKey('k1') } });
  const plain = await openLobby(t);
  for (const { ann } of [site, plain]) {
    await postAs(ann, 'the zebrafish swims');
    await postAs(ann, 'a fish that a zebra saw');
  }
  const found = async ({ ann }: Pick<typeof site, 'ann'>, q: string): Promise<number> =>
    (await ann.get(`/search?q=${encodeURIComponent(q)}`, 'application/json')).json<{ results: unknown[] }>().results.length;
  for (const [q, encrypted, unencrypted] of [
    ['zebrafish', 1, 1],
    ['zebra ', 1, 1],
    ['zebra', 1, 2],
    ['zebra*', 1, 2],
    ['"zebrafish swims"', 1, 1],
    ['"swims zebrafish"', 0, 0],
    ['a -fish ', 0, 0],
    ['the -zeb*', 0, 0],
    ['from:ann ', 2, 2],
    ['absent', 0, 0],
  ] as const) {
    t.is(await found(site, q), encrypted, q);
    t.is(await found(plain, q), unencrypted, `${q} without keys`);
  }
  t.false((await site.ann.get('/search')).text.includes('deploy*'));
  t.true((await plain.ann.get('/search')).text.includes('deploy*'));
});
