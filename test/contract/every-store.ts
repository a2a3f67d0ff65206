import type { ExecutionContext, TestFn } from 'ava';
import { atMost } from '../helpers/at-most.ts';
import { type Opened, storeContract } from './store.ts';
import { credentialsContract } from './store-credentials.ts';
import { filesContract } from './store-files.ts';
import { mailContract } from './store-mail.ts';
import { oauthContract } from './store-oauth.ts';
import { pinsContract } from './store-pins.ts';
import { pushContract } from './store-push.ts';
import { readingContract } from './store-reading.ts';
import { removalsContract } from './store-removals.ts';
import { type SearchOptions, searchContract } from './store-search.ts';
import { securityContract } from './store-security.ts';
import { webhookContract } from './store-webhooks.ts';

const CONTRACTS = [
  storeContract,
  webhookContract,
  filesContract,
  readingContract,
  pushContract,
  pinsContract,
  securityContract,
  credentialsContract,
  mailContract,
  oauthContract,
  removalsContract,
];

/** Tests that run at once. With all of them, a busy server answers each so late that the store takes it for one that does not answer. */
const AT_ONCE = 8;

/** The same tests, fewer at once. */
function bounded(test: TestFn): TestFn {
  const run = atMost(AT_ONCE);
  const register = (title: string, body: (t: ExecutionContext) => Promise<void>) => test(title, (t) => run(() => body(t)));
  return Object.assign(register, { before: test.before, after: test.after, serial: test.serial }) as unknown as TestFn;
}

/** Registers every contract test of a store. */
export function everyContract(all: TestFn, open: () => Promise<Opened>, name: string, options: SearchOptions = {}): void {
  const test = bounded(all);
  for (const contract of CONTRACTS) contract(test, open, name);
  searchContract(test, open, name, options);
}
