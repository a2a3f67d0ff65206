import { randomBytes } from 'node:crypto';

type Brand<T, B extends string> = T & { readonly __brand: B };

/** 16 characters of [0-9a-z], 80 random bits. Never contains `-`, so that `<id>-<key>` splits cleanly. */
export type UserId = Brand<string, 'UserId'>;
/** As UserId; the values `system` and `audit` are reserved for the logs of account-level and of administrative acts. */
export type GroupId = Brand<string, 'GroupId'>;
/** 26 characters of [0-9a-z], 130 random bits, so that a file URL cannot be guessed. Only members can read the file. */
export type FileId = Brand<string, 'FileId'>;

/** Random bytes; injected so that tests can be deterministic. */
export type Random = (bytes: number) => Uint8Array;

/** Reads 4 KiB at a time from the operating system: a system call for each id would dominate its cost. */
export const systemRandom: Random = pooled(4096);

function pooled(size: number): Random {
  let pool = randomBytes(0);
  return (bytes) => {
    if (bytes > size) return randomBytes(bytes);
    if (pool.length < bytes) pool = randomBytes(size);
    const drawn = pool.subarray(0, bytes);
    pool = pool.subarray(bytes);
    return drawn;
  };
}

const ID_ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'; // Crockford's base 32, lower case
const TOKEN_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** `length` characters of base 32, 5 bits each. */
export function randomId(random: Random, length = 16): string {
  let id = '';
  for (const byte of random(length)) id += ID_ALPHABET[byte & 31];
  return id;
}

/** `length` characters of [A-Za-z0-9]; bytes of 248 and more are discarded, so that all characters are equally likely. */
export function randomToken(random: Random, length = 40): string {
  let token = '';
  while (token.length < length)
    for (const byte of random(length)) if (byte < 248 && token.length < length) token += TOKEN_ALPHABET.charAt(byte % 62);
  return token;
}

export const newUserId = (random: Random): UserId => randomId(random) as UserId;
export const newGroupId = (random: Random): GroupId => randomId(random) as GroupId;
export const newFileId = (random: Random): FileId => randomId(random, 26) as FileId;
/** 26 characters: the identity of one entry, generated before the first attempt to write it. */
export const newUid = (random: Random): string => randomId(random, 26);

/** Brands an id from outside (a path, a stored row). No record with it needs to exist. */
export const asUserId = (text: string): UserId => text as UserId;
export const asGroupId = (text: string): GroupId => text as GroupId;
export const asFileId = (text: string): FileId => text as FileId;

/** The reserved log of account-level actions; nobody can open it as a group. */
export const SYSTEM_GROUP = 'system' as GroupId;

/** The reserved log of administrative acts; nobody can open it as a group. */
export const AUDIT_GROUP = 'audit' as GroupId;

/** The reserved log of reports about messages; nobody can open it as a group. */
export const REPORTS_GROUP = 'reports' as GroupId;

/** The group in the records of people's pictures; no group has such an id. */
export const AVATARS_GROUP = 'avatars' as GroupId;

/** The group in the record of the picture of the site; no group has such an id. */
export const SITE_GROUP = 'site' as GroupId;

/** The bus channel of changed profiles; no group has such an id. */
export const PROFILES_CHANNEL = 'profiles' as GroupId;

/** The bus channel on which the workers for scheduled messages are told of new times; no group has such an id. */
export const SCHEDULED_CHANNEL = 'scheduled' as GroupId;

/** The bus channel of one user; no group has such an id. */
export const channelOf = (user: UserId): GroupId => `user-${user}` as GroupId;

/** The bus channel of whether a user is online, and the group of that lease; no group has such an id. */
export const onlineChannelOf = (user: UserId): GroupId => `online-${user}` as GroupId;
