import type { UserId } from '../ids.ts';
import type { SecurityRecord } from './event.ts';

/** A position in a list: behind the event with this time and id. */
export type SecurityPosition = Pick<SecurityRecord, 'at' | 'id'>;

export type SecurityStore = {
  /** Inserts events; those that are stored already stay as they are, so that a failed call can be repeated. Not atomic. */
  insert(records: readonly SecurityRecord[]): Promise<void>;
  /** Removes the oldest events of an owner, so that `keep` (≥ 1) remain: of the failed log-ins, or of all others. */
  trim(owner: UserId, failures: boolean, keep: number): Promise<void>;
  /** Of one owner, newest first (by `at`, then `id`), `limit` (≥ 1) at most, older than `before` when it is set. */
  list(owner: UserId, options: { readonly limit: number; readonly before?: SecurityPosition | undefined }): Promise<SecurityRecord[]>;
  /** Removes the events before `at`. */
  sweep(at: number): Promise<void>;
};
