import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Locator, Page } from 'playwright-core';
import { newImage, noise } from '../files/fixtures.ts';
import { openBrowser, openLobbyPage, type Person, type Script } from '../helpers/browser.ts';
import { eventually } from '../helpers/eventually.ts';
import { openLobby } from '../helpers/fixtures.ts';
import { requireOrSkip } from '../helpers/services.ts';

const browser = await openBrowser();
const inBrowser = requireOrSkip(test, browser);
type Scene = { readonly ann: Person; readonly bob: Person; readonly folder: string };

/** Ann and Bob at the page of Lobby: Bob with JavaScript, Ann as `script` says. `folder`: for the files to upload. */
async function scene(t: ExecutionContext, script: Script, env = {}): Promise<Scene> {
  const { ann, bob } = await openLobby(t, { env });
  const folder = mkdtempSync(join(tmpdir(), 'parley-chosen-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return { folder, ann: await openLobbyPage(t, browser, ann, { script }), bob: await openLobbyPage(t, browser, bob) };
}

function fileIn(folder: string, name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const chooser = (page: Page): Locator => page.locator('#attachment');
const chosen = (page: Page): Locator => page.getByRole('list', { name: 'Files to send' }).getByRole('listitem');

// Types of the page's DOM for the functions that run in it.
type Image = { decode(): Promise<void>; readonly naturalWidth: number; readonly clientWidth: number; readonly clientHeight: number };
type Target = { dispatchEvent(event: object): boolean };
type Audio = {
  muted: boolean;
  currentTime: number;
  readonly duration: number;
  play(): Promise<void>;
  addEventListener(name: string, listener: () => void): void;
};
declare const DataTransfer: new () => { readonly items: { add(file: File): void } };
declare const ClipboardEvent: new (type: string, init: object) => object;
declare const DragEvent: new (type: string, init: object) => object;

type Drawn = { readonly natural: number; readonly width: number; readonly height: number };

/**
 * Resolves once the image is decoded: its natural width and its size in the page, in px. The row may be replaced meanwhile: by the stream, and when the
 * small copy of the image is there.
 */
async function drawn(image: Locator): Promise<Drawn | undefined> {
  let found: Drawn | undefined;
  await eventually(async () => {
    try {
      await image.scrollIntoViewIfNeeded();
      found = await image.evaluate(async (element: Image) => {
        await element.decode();
        return { natural: element.naturalWidth, width: element.clientWidth, height: element.clientHeight };
      });
    } catch {} // replaced: once more
    return found !== undefined;
  });
  return found;
}

for (const script of ['on', 'off'] as const)
  inBrowser.serial(`${script === 'on' ? 'with' : 'without'} a script: files are chosen and sent, and everybody sees them`, async (t) => {
    const { ann, bob, folder } = await scene(t, script);
    const photo = fileIn(folder, 'door.png', await newImage(1000, 500).png().toBuffer());
    const notes = fileIn(folder, 'notes.txt', 'the notes');
    await ann.page.getByLabel('Attach files').setInputFiles([photo, notes]);
    if (script === 'on') t.is(await chosen(ann.page).count(), 2);
    if (script === 'on') await ann.page.getByRole('textbox', { name: 'What door.png shows' }).fill('A blue door');
    await ann.composer().fill('The new door');
    await ann.press(ann.page.getByRole('button', { name: 'Send', exact: true }));
    for (const person of [ann, bob]) {
      const row = person.message('The new door');
      const image = row.getByRole('img', { name: script === 'on' ? 'A blue door' : 'door.png' });
      await image.waitFor();
      t.deepEqual(await drawn(image), { natural: 800, width: 400, height: 200 });
      t.regex((await row.getByRole('link', { name: /notes\.txt/ }).textContent()) ?? '', /9 bytes/);
    }
    const coming = bob.page.waitForEvent('download');
    await bob
      .message('The new door')
      .getByRole('link', { name: /notes\.txt/ })
      .click();
    t.is((await coming).suggestedFilename(), 'notes.txt');
    if (script === 'on') t.is(await chosen(ann.page).count(), 0);
    await ann.press((await ann.actions('The new door')).getByRole('link', { name: 'Edit' }));
    await ann.page.getByLabel('Description of door.png').fill('A green door');
    await ann.press(ann.page.getByRole('button', { name: 'Save' }));
    await bob.message('The new door').getByRole('img', { name: 'A green door' }).waitFor();
    t.deepEqual([ann.complaints, bob.complaints], [[], []]);
  });

inBrowser.serial('files: an image has its space reserved before it is loaded', async (t) => {
  const { ann, bob, folder } = await scene(t, 'on');
  const released = Promise.withResolvers<void>();
  await bob.page.route('**/files/**', async (route) => {
    await released.promise;
    await route.continue();
  });
  await chooser(ann.page).setInputFiles(fileIn(folder, 'tall.png', await newImage(600, 1200).png().toBuffer()));
  await ann.write('look');
  const row = bob.message('look');
  await row.waitFor();
  const before = await row.boundingBox();
  released.resolve();
  await drawn(row.getByRole('img'));
  t.deepEqual(await row.boundingBox(), before);
});

/** Dispatches a paste or drop event with these files. */
const bring = (target: Locator, event: 'paste' | 'drop', files: readonly (readonly [name: string, text: string])[]): Promise<void> =>
  target.evaluate(
    (element: Target, [type, given]) => {
      const data = new DataTransfer();
      for (const [name, text] of given) data.items.add(new File([text], name, { type: 'text/plain' }));
      const init = { bubbles: true, cancelable: true, clipboardData: data, dataTransfer: data };
      element.dispatchEvent(type === 'paste' ? new ClipboardEvent(type, init) : new DragEvent(type, init));
    },
    [event, files] as const,
  );

inBrowser.serial('files: pasted, dropped, removed and added', async (t) => {
  const { ann, bob, folder } = await scene(t, 'on');
  await bring(ann.composer(), 'paste', [['pasted.txt', 'p']]);
  await bring(ann.page.locator('#main'), 'drop', [
    ['one.txt', '1'],
    ['two.txt', '22'],
  ]);
  await chooser(ann.page).setInputFiles(fileIn(folder, 'chosen.txt', 'c'));
  t.deepEqual(
    (await chosen(ann.page).allInnerTexts()).map((text) => text.split('\n')[0]),
    ['pasted.txt', 'one.txt', 'two.txt', 'chosen.txt'],
  );
  await ann.page.getByRole('button', { name: 'Remove one.txt' }).click();
  await ann.write('four less one');
  const row = bob.message('four less one');
  await row.waitFor();
  t.deepEqual(
    (await row.locator('.chip').allInnerTexts()).map((text) => text.trim().split(/\s/)[0]),
    ['pasted.txt', 'two.txt', 'chosen.txt'],
  );
  t.is(await chosen(ann.page).count(), 0);
  const plain = ann.page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/messages'));
  await ann.write('no files this time');
  t.is((await plain).headers()['content-type'], 'application/x-www-form-urlencoded;charset=UTF-8', 'no multipart body without files');
  await bob.sees('no files this time');
  t.is(await bob.message('no files this time').locator('.chip').count(), 0);
});

inBrowser.serial('files: an upload shows its progress; after cancelling, text and files are restored', async (t) => {
  const { ann, bob, folder } = await scene(t, 'on');
  await ann.page
    .context()
    .newCDPSession(ann.page)
    .then(async (session) => {
      await session.send('Network.enable');
      await session.send('Network.emulateNetworkConditions', {
        offline: false,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput: 200_000,
      });
    });
  await chooser(ann.page).setInputFiles(fileIn(folder, 'large.bin', noise(5_000_000)));
  await ann.write('a large one');
  const bar = ann.page.getByRole('progressbar', { name: 'Uploading' });
  await bar.waitFor();
  await eventually(() => ann.page.evaluate<boolean>("document.querySelector('progress')?.value > 0"));
  t.is(await ann.composer().inputValue(), '');
  await ann.composer().fill('typed meanwhile');
  await ann.page.getByRole('button', { name: 'Stop' }).click();
  await ann.page.getByText('Cancelled: nothing was sent.').waitFor();
  t.is(await ann.composer().inputValue(), 'a large one\ntyped meanwhile');
  t.deepEqual(await chosen(ann.page).count(), 1);
  t.is(await bar.count(), 0);
  t.is(await bob.message('a large one').count(), 0);
});

inBrowser.serial('files: a failed upload can be sent again, or edited with its files', async (t) => {
  const { ann, bob, folder } = await scene(t, 'on');
  await chooser(ann.page).setInputFiles(fileIn(folder, 'kept.txt', 'kept'));
  await ann.page.route('**/groups/lobby/messages', (route) => route.abort());
  await ann.write('with a file');
  const row = ann.page.locator('#outbox .pending', { hasText: 'with a file' });
  await row.getByText('Not sent').waitFor();
  await row.getByRole('button', { name: 'Edit' }).click();
  t.is(await chosen(ann.page).count(), 1);
  t.is(await ann.composer().inputValue(), 'with a file');
  await ann.page.keyboard.press('Enter');
  await row.getByText('Not sent').waitFor();
  await ann.page.unroute('**/groups/lobby/messages');
  await row.getByRole('button', { name: 'Retry' }).click();
  await bob.message('with a file').locator('.chip').waitFor();
  t.is(await bob.message('with a file').count(), 1);
});

inBrowser.serial('files: too large or too many files are reported before sending', async (t) => {
  const { ann, folder } = await scene(t, 'on', { MAX_UPLOAD_BYTES: '1000' });
  await ann.composer().fill('half an hour of typing');
  await chooser(ann.page).setInputFiles([fileIn(folder, 'ok.bin', noise(1000)), fileIn(folder, 'big.bin', noise(1001))]);
  await ann.page.getByText('big.bin is too large: 1 KB at most for each file.').waitFor();
  t.deepEqual((await chosen(ann.page).allInnerTexts()).length, 1);
  await chooser(ann.page).setInputFiles(Array.from({ length: 11 }, (_, index) => fileIn(folder, `${index}.txt`, 'x')));
  await ann.page.getByText('A message can have at most 10 files.').waitFor();
  t.is(await chosen(ann.page).count(), 10);
  t.is(await ann.composer().inputValue(), 'half an hour of typing');
});

inBrowser.serial('files: without JavaScript a too large file shows the form again with the typed text', async (t) => {
  const { ann, folder } = await scene(t, 'off', { MAX_UPLOAD_BYTES: '1000' });
  await ann.page.getByLabel('Attach files').setInputFiles(fileIn(folder, 'big.bin', noise(300_000)));
  await ann.composer().fill('half an hour of typing');
  await ann.press(ann.page.getByRole('button', { name: 'Send', exact: true }));
  await ann.page.getByText(/big\.bin is too large/).waitFor();
  t.is(await ann.composer().inputValue(), 'half an hour of typing');
});

inBrowser.serial('files: audio plays and seeks with range requests', async (t) => {
  const { ann, bob, folder } = await scene(t, 'on');
  const rate = 8000;
  const wav = Buffer.alloc(44 + rate * 20);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(wav.length - 8, 4);
  wav.write('WAVEfmt ', 8);
  for (const [at, value] of [
    [16, 16],
    [24, rate],
    [28, rate],
    [40, rate * 20],
  ] as const)
    wav.writeUInt32LE(value, at);
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 1],
    [34, 8],
  ] as const)
    wav.writeUInt16LE(value, at);
  wav.write('data', 36);
  wav.fill(128, 44);
  await chooser(ann.page).setInputFiles(fileIn(folder, 'memo.wav', wav));
  await ann.write('listen');
  const audio = bob.message('listen').locator('audio');
  await audio.waitFor();
  const at = await audio.evaluate(async (element: Audio) => {
    element.muted = true;
    await element.play();
    const there = new Promise<void>((resolve) => element.addEventListener('seeked', () => resolve()));
    element.currentTime = 15;
    await there;
    return { duration: Math.round(element.duration), jumped: element.currentTime >= 15 };
  });
  t.deepEqual(at, { duration: 20, jumped: true });
  t.deepEqual(bob.complaints, []);
});
