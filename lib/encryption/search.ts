import { createHmac } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { byNewest, type FindQuery, type MessagePosition, type SearchStore } from '../search/port.ts';
import type { Keyring } from './keys.ts';

/** 64 bits: a term that collides with another only adds a candidate, which is then compared with the text. */
const BLINDED_BYTES = 8;
/** Words in memory: most words of a message occurred before. */
const MAX_WORDS = 50_000;
const VERSIONS = 1000;

/** Replaces words by their HMAC. */
type Blinder = { blind(term: string): string; readonly version: number };

function openBlinder(keyring: Keyring, id: string): Blinder {
  const key = keyring.get(id, 'search');
  if (!key) throw new Error(`no key ${id}`); // an id of the keyring
  const known = new LRUCache<string, string>({ maxSize: MAX_WORDS, sizeCalculation: () => 1 });
  const digest = (term: string): Buffer => createHmac('sha256', key).update(term).digest();
  return {
    version: digest('version').readUInt32BE(0),
    blind(term) {
      if (isPublic(term)) return term;
      const found = known.get(term) ?? digest(term).toString('hex', 0, BLINDED_BYTES);
      known.set(term, found);
      return found;
    },
  };
}

/** The terms of authors and of every message are no words: they say what the log says unencrypted. */
const isPublic = (term: string): boolean => term.startsWith('@') || term === '*';

/**
 * A search index whose words are HMACs under the newest key. A word that is asked for as a beginning is found as a whole word only. `isMixed`: while the
 * index may also have words of before (unencrypted, or under older keys), they are searched too.
 */
export function encryptedSearch(search: SearchStore, keyring: Keyring, isMixed: () => boolean): SearchStore {
  const blinders = keyring.ids.map((id) => openBlinder(keyring, id));
  const newest = blinders[0] ?? openBlinder(keyring, keyring.newest);

  /** Each key has versions of its own, so that everything is indexed again under a new one. */
  const versionOf = (version: number): number => version + VERSIONS * (1 + newest.version);

  async function findMixed(query: FindQuery): Promise<MessagePosition[]> {
    const queries = [...blinders.map((blinder) => blinded(query, blinder)), query];
    const found = await Promise.all(queries.map((one) => search.find(one)));
    return distinct(found.flat().sort(byNewest)).slice(0, query.limit);
  }

  return {
    positions: (groups, version) => search.positions(groups, versionOf(version)),
    put: (group, messages, reached) =>
      search.put(
        group,
        messages.map((message) => ({ ...message, terms: message.terms.map(newest.blind) })),
        reached && { ...reached, version: versionOf(reached.version) },
      ),
    find: (query) => (isMixed() ? findMixed(query) : search.find(blinded(query, newest))),
  };
}

function blinded({ all, prefixes, any, none, nonePrefixes: _, ...rest }: FindQuery, { blind }: Blinder): FindQuery {
  return {
    ...rest,
    all: [...all, ...prefixes].map(blind),
    prefixes: [],
    any: any.map(blind),
    none: none.map(blind), // unwanted beginnings are left to the comparison with the text
    nonePrefixes: [],
  };
}

const distinct = (sorted: readonly MessagePosition[]): MessagePosition[] =>
  sorted.filter((place, index) => {
    const before = sorted[index - 1];
    return !before || byNewest(before, place) !== 0;
  });
