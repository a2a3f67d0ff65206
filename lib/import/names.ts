import { nameKey, parseName } from '../accounts/account.ts';
import { skeletonOf } from '../accounts/lookalikes.ts';
import { checkNewName } from '../accounts/new-name.ts';
import { DomainError } from '../errors.ts';
import type { SourcePerson } from './source.ts';

const MAX_LENGTH = 32;
const INVISIBLE = /(?!\p{Variation_Selector})[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** A name that accounts may have, as close to the given one as the rules allow; undefined if nothing is left. */
export function cleanName(given: string): string | undefined {
  const text = given
    .normalize('NFKC')
    .replace(/[\p{Zs}\p{Zl}\p{Zp}\t\n]+/gu, ' ')
    .replace(INVISIBLE, '');
  const name = [...text.trim()].slice(0, MAX_LENGTH).join('').trim();
  return isAllowed(name) ? name : undefined;
}

function isAllowed(name: string): boolean {
  try {
    checkNewName(parseName(name));
    return true;
  } catch (error) {
    if (error instanceof DomainError) return false;
    throw error;
  }
}

/** Names for a person in order of preference: the own name, with the login, the login, and numbered ones. */
export function* candidates({ name, login, id }: SourcePerson): Generator<string> {
  const base = cleanName(name) ?? cleanName(`${name} (imported)`) ?? (login ? cleanName(login) : undefined);
  if (base) yield base;
  const root = base ?? `Person ${id.replace(/[^a-z0-9]/gi, '').slice(0, 12)}`;
  for (let number = 1; number < 1000; number += 1) {
    const suffix = number > 1 ? String(number) : login && login !== base ? `(${login})` : '1';
    const fitting = cleanName(
      `${[...root]
        .slice(0, Math.max(8, MAX_LENGTH - suffix.length - 1))
        .join('')
        .trim()} ${suffix}`,
    );
    if (fitting) yield fitting;
  }
}

/** Names that were chosen, compared as accounts are. */
export class ChosenNames {
  readonly #keys = new Set<string>();
  readonly #skeletons = new Set<string>();

  has(name: string): boolean {
    return this.#keys.has(nameKey(name)) || this.#skeletons.has(skeletonOf(name));
  }

  add(name: string): void {
    this.#keys.add(nameKey(name));
    this.#skeletons.add(skeletonOf(name));
  }
}
