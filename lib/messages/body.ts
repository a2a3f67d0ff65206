import type { Core } from '../core.ts';
import { isBlank, parseBody } from '../text/body.ts';

/** The body of a message, cleaned. It may be empty only with files. Errors: `invalid`, `tooLarge` (body). */
export const bodyIn = (core: Core, text: string, files: readonly unknown[]): string =>
  files.length > 0 && isBlank(text) ? '' : parseBody(text, core.config.maxBodyBytes);
