import { type Random, randomToken } from '../../ids.ts';
import { sha256 } from '../../secrets.ts';

/** What a secret is for. It begins with this word, so that none is taken for another. */
export type SecretKind = 'code' | 'access' | 'refresh';

const FAMILY_LENGTH = 22;
const SECRET_LENGTH = 32;
const SHAPE = new RegExp(`^(code|access|refresh)\\.([A-Za-z0-9]{${FAMILY_LENGTH}})\\.([A-Za-z0-9]{${SECRET_LENGTH}})$`);

/**
 * A secret of a grant, `<kind>.<family>.<rest>`. The family (130 random bits) is the same in all secrets of a grant, so that one which is no longer valid
 * still tells that it was: whoever presents it, once had it. `grant`, `hash`: SHA-256 of the family and of the rest, hex.
 */
export type Secret = { readonly text: string; readonly family: string; readonly grant: string; readonly hash: string };

export const newFamily = (random: Random): string => randomToken(random, FAMILY_LENGTH);

export function newSecret(random: Random, kind: SecretKind, family: string): Secret {
  const rest = randomToken(random, SECRET_LENGTH);
  return { text: `${kind}.${family}.${rest}`, family, grant: sha256(family), hash: sha256(rest) };
}

/** Undefined unless the text has the shape of a secret of this kind. */
export function parseSecret(kind: SecretKind, text: string): Secret | undefined {
  const [, found, family, rest] = SHAPE.exec(text) ?? [];
  if (found !== kind || family === undefined || rest === undefined) return undefined;
  return { text, family, grant: sha256(family), hash: sha256(rest) };
}
