import type { TestFn } from 'ava';
import { type Opened, storeContract } from './store.ts';
import { filesContract } from './store-files.ts';
import { pinsContract } from './store-pins.ts';
import { pushContract } from './store-push.ts';
import { readingContract } from './store-reading.ts';
import { searchContract } from './store-search.ts';
import { webhookContract } from './store-webhooks.ts';

const CONTRACTS = [storeContract, searchContract, webhookContract, filesContract, readingContract, pushContract, pinsContract];

/** Registers all that holds for every store. */
export function everyContract(test: TestFn, open: () => Promise<Opened>, name: string): void {
  for (const contract of CONTRACTS) contract(test, open, name);
}
