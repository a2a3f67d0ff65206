import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Core } from '../core.ts';
import { invalid } from '../errors.ts';
import { t } from '../language/text.ts';
import { nameKey, parsePassword } from './account.ts';

/**
 * A JSON array of 49,000 passwords in lower case by how common they are in leaks (zxcvbn-ts), 18,000 of them of 8 characters or more. It is
 * searched as text and not kept: passwords are chosen rarely, a search takes 1 ms, and a set of them would take 10 MB.
 */
const COMMON = '@zxcvbn-ts/language-common/src/passwords.json';
const SITE = 'parley';
/** A shorter word, such as the first part of `a.example.org`, tells nothing. */
const MIN_WORD_LENGTH = 3;

/**
 * The password, unless it is one that everybody tries first (OWASP ASVS 6.2.4, NIST SP 800-63B section 3.1.1.2): it is common, one character
 * repeated, or the name of its owner or of this site with nothing but digits and signs around it. `name`: of the owner.
 * Errors: `invalid` (field `password`), which never repeats the password.
 */
export async function acceptPassword(core: Pick<Core, 'config'>, name: string, password: string): Promise<string> {
  parsePassword(password);
  if (/^(.)\1*$/su.test(password) || (await isCommon(password)))
    throw invalid('password', t`This password is one of the first that others try. Choose another, such as several words.`);
  const [own, ...sites] = [name, SITE, ...hostWords(core.config.publicUrl)].map((word) => isLittleMoreThan(word, password));
  if (own) throw invalid('password', t`This password is little more than the name, which others try first. Choose another.`);
  if (sites.includes(true))
    throw invalid('password', t`This password is little more than this site's name, which others try first. Choose another.`);
  return password;
}

async function isCommon(password: string): Promise<boolean> {
  const list = await readFile(fileURLToPath(import.meta.resolve(COMMON)), 'utf8');
  return list.includes(JSON.stringify(password.toLowerCase()));
}

/** The host of the site and its parts. */
function hostWords(publicUrl: string | undefined): string[] {
  if (publicUrl === undefined) return [];
  const { hostname } = new URL(publicUrl);
  return [hostname, ...hostname.split('.')];
}

/** Whether a password is a word, once or several times, with digits and signs around it. */
function isLittleMoreThan(word: string, password: string): boolean {
  const wanted = lettersOf(word);
  if (wanted.length < MIN_WORD_LENGTH) return false;
  const typed = lettersOf(password);
  return [typed, typed.replace(/^\d+/, ''), typed.replace(/\d+$/, ''), typed.replace(/^\d+|\d+$/g, '')].some(
    (text) => text !== '' && text.replaceAll(wanted, '') === '',
  );
}

/** Letters and digits, in one case. */
const lettersOf = (text: string): string => nameKey(text).replace(/[^\p{L}\p{N}]/gu, '');
