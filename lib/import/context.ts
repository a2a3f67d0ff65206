import type { User } from '../accounts/port.ts';
import type { Core } from '../core.ts';
import type { Source } from './source.ts';
import type { Staging } from './staging.ts';
import type { NameOf } from './text.ts';

/** What the parts of one run share. */
export type ImportContext = {
  readonly core: Core;
  readonly source: Source;
  readonly staging: Staging;
  /** The accounts of those who are not left out, by the id of the person. */
  readonly users: ReadonlyMap<string, User>;
  readonly nameOf: NameOf;
  readonly onProgress: () => void;
};
