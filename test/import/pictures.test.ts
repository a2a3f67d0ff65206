import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openSource } from '../../lib/import/open.ts';
import { runImport } from '../../lib/import/run.ts';
import { newImage } from '../files/fixtures.ts';
import { openTestCore } from '../helpers/core-fixture.ts';
import { userNamed } from '../helpers/fixtures.ts';
import { folderFor } from '../helpers/folder.ts';
import { sample } from './places.ts';

type Case = {
  readonly format: string;
  /** The name in Parley of the person who has a picture. */
  readonly name: string;
  /** Adds it to a copy of the sample. */
  readonly add: (folder: string, picture: Uint8Array) => void;
};

function change(file: string, from: string, to: string): void {
  const text = readFileSync(file, 'utf8');
  if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
  writeFileSync(file, text.replaceAll(from, to));
}

function put(folder: string, name: string, content: Uint8Array | string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), content);
}

const CASES: readonly Case[] = [
  {
    format: 'mattermost',
    name: 'Lena Fischer',
    add(folder, picture) {
      put(join(folder, 'data/profile_pictures'), 'lena.png', picture);
      change(
        join(folder, 'import.jsonl'),
        '"username": "lena", "email"',
        '"profile_image": "profile_pictures/lena.png", "username": "lena", "email"',
      );
    },
  },
  {
    format: 'zulip',
    name: 'Lena Fischer',
    add(folder, picture) {
      const records = ['1/abc.png', '1/abc.original'].map((path) => ({ user_profile_id: 10, path, s3_path: path }));
      put(join(folder, 'avatars'), 'records.json', JSON.stringify(records));
      put(join(folder, 'avatars/1'), 'abc.png', 'a smaller one, which is not taken');
      put(join(folder, 'avatars/1'), 'abc.original', picture);
    },
  },
];

async function importFrom(t: ExecutionContext, { core, ann }: Awaited<ReturnType<typeof openTestCore>>, path: string) {
  const { source, close } = await openSource(path, { timeZone: 'UTC' });
  t.teardown(close);
  return runImport(core, source, { map: new Map(), matchNames: false, channels: [], direct: true, by: ann.id, onProgress: () => {} });
}

for (const { format, name, add } of CASES)
  test(`import from ${format}: people have their pictures; one that is no image is left out`, async (t) => {
    const at = await openTestCore(t);
    const copyWith = async (picture: Uint8Array): Promise<string> => {
      const folder = join(await folderFor(t), 'export');
      cpSync(sample(format), folder, { recursive: true });
      add(folder, picture);
      return folder;
    };
    await importFrom(t, at, await copyWith(Buffer.from('no image')));
    t.is((await userNamed(at.core, name)).avatar, undefined);
    const good = await copyWith(await newImage(300, 300).png().toBuffer());
    await importFrom(t, at, good);
    const { avatar } = await userNamed(at.core, name);
    t.truthy(avatar, 'a later run adds what the first one could not');
    await importFrom(t, at, good);
    t.is((await userNamed(at.core, name)).avatar, avatar);
  });
