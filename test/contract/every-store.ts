import type { TestFn } from 'ava';
import { type Opened, storeContract } from './store.ts';
import { credentialsContract } from './store-credentials.ts';
import { filesContract } from './store-files.ts';
import { mailContract } from './store-mail.ts';
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
  removalsContract,
];

/** Registers every contract test of a store. */
export function everyContract(test: TestFn, open: () => Promise<Opened>, name: string, options: SearchOptions = {}): void {
  for (const contract of CONTRACTS) contract(test, open, name);
  searchContract(test, open, name, options);
}
