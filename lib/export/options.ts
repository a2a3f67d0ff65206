import { filesOf } from '../log/body-text.ts';
import type { Attached } from '../log/entry.ts';
import type { FoldedMessage } from '../log/fold.ts';
import type { Scope } from './scope.ts';

export type ExportOptions = {
  readonly scope: Scope;
  /** The version of Parley. */
  readonly program: string;
  /** Called with the number of messages so far. */
  readonly onProgress?: (messages: number) => void;
};

/** What was exported. `missing`: files whose content is not in the store. */
export class Tally {
  groups = 0;
  messages = 0;
  files = 0;
  readonly missing: Attached[] = [];
  readonly #onProgress: (messages: number) => void;

  constructor({ onProgress = () => {} }: Pick<ExportOptions, 'onProgress'>) {
    this.#onProgress = onProgress;
  }

  /** Counts a message; returns its files. */
  message(folded: FoldedMessage): readonly Attached[] {
    const files = filesOf(folded);
    this.messages += 1;
    this.files += files.length;
    this.#onProgress(this.messages);
    return files;
  }
}
