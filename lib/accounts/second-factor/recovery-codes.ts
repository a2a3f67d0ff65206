import type { Core } from '../../core.ts';
import { randomId, type UserId } from '../../ids.ts';

/** How many a person gets at once. */
export const RECOVERY_CODES = 10;
const LENGTH = 10;

/** A new code: 50 random bits as `xxxxx-xxxxx`. */
export const newRecoveryCode = ({ random }: Pick<Core, 'random'>): string => randomId(random, LENGTH).replace(/(.{5})(?=.)/, '$1-');

/** The id of a code's credential: a keyed hash, so that who reads the store cannot try all codes. Typing mistakes of Crockford's base 32 are mended. */
export const recoveryId = ({ secrets }: Pick<Core, 'secrets'>, user: UserId, typed: string): string =>
  secrets.mac('recovery-code', `${user}:${normalised(typed)}`);

const normalised = (typed: string): string =>
  typed
    .toLowerCase()
    .replace(/[^0-9a-z]/g, '')
    .replaceAll('o', '0')
    .replace(/[il]/g, '1');
