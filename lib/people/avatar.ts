import type { User } from '../accounts/port.ts';
import { checkAccountRate } from '../accounts/rates.ts';
import type { Core, SquarePictures } from '../core.ts';
import { DomainError, invalid } from '../errors.ts';
import { isImage, sizeText } from '../files/file.ts';
import { Inspection } from '../files/inspection.ts';
import { AVATARS_GROUP, type FileId, type GroupId, newFileId, type UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import { sha256 } from '../secrets.ts';
import { setPicture } from './operations.ts';

export const MAX_PICTURE_BYTES = 10 * 1024 * 1024;

/** As `showPicture`, within the limits of a person. Errors: also `tooMany`. */
export async function uploadPicture(core: Core, user: User, source: AsyncIterable<Uint8Array>): Promise<void> {
  await checkAccountRate(core, user, 'profile');
  await showPicture(core, user, source);
}

/**
 * Makes square copies (256 and 96 px, WebP, without metadata) of an image and shows them as the picture of this user. The image itself is not kept.
 * Errors: `tooLarge`, `invalid` (picture).
 */
export async function showPicture(core: Core, user: User, source: AsyncIterable<Uint8Array>): Promise<void> {
  await setPicture(core, user, await storePicture(core, source, { group: AVATARS_GROUP, author: user.id, name: 'avatar.webp' }));
}

/** Whose picture it is, and the name of its file. */
type Owner = { readonly group: GroupId; readonly author: UserId; readonly name: string };

/** Stores square copies of an image (see uploadPicture) as a file. Errors: `tooLarge`, `invalid` (picture). */
export const storePicture = async (core: Core, source: AsyncIterable<Uint8Array>, owner: Owner): Promise<FileId> =>
  store(core, owner, await squaresOf(core, source));

async function squaresOf(core: Core, source: AsyncIterable<Uint8Array>): Promise<SquarePictures> {
  const seen = new Inspection();
  const pieces = await Array.fromAsync(seen.of(source, MAX_PICTURE_BYTES, tooLarge));
  const type = await seen.type();
  const pictures = isImage(type) ? await core.thumbnailer.square(from(pieces), seen.bytes, type) : undefined;
  if (!pictures) throw invalid('picture', t`The picture cannot be read: use a JPEG, PNG, GIF, WebP or AVIF file of at most 50 megapixels.`);
  return pictures;
}

const tooLarge = (): DomainError =>
  new DomainError('tooLarge', t`The picture is too large: ${sizeText(MAX_PICTURE_BYTES)} at most.`, { field: 'picture' });

/** As a file of no group. With a seq the sweep of unused files does not take it; the sweep takes one that a crash left without. */
async function store({ store: { files }, random, now }: Core, owner: Owner, { large, small }: SquarePictures): Promise<FileId> {
  const [id, at] = [newFileId(random), now()];
  const facts = { type: 'image/webp', bytes: large.length, sha256: sha256(large), width: 256, height: 256, thumb: true as const };
  const record = { id, ...owner, seq: null, key: null, createdAt: at, touchedAt: at };
  await files.begin({ ...record, ...facts, state: 'coming' });
  await files.write(id, 'whole', from([large]));
  await files.write(id, 'thumb', from([small]));
  await files.finish(id, facts);
  await files.attach([id], 0);
  return id;
}

async function* from(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}
