import { closeSync, openSync, readSync } from 'node:fs';

/** The settings that hold secrets: each may be in a file, which `<NAME>_FILE` names. The value: whether it is a list, one item per line or separated by commas. */
export const SECRET_SETTINGS: Readonly<Record<string, { readonly isList: boolean }>> = {
  MONGODB_URL: { isList: false },
  REDIS_URL: { isList: true },
  SECRET_KEYS: { isList: true },
  ENCRYPTION_KEYS: { isList: true },
  METRICS_TOKEN: { isList: false },
  OIDC_CLIENT_SECRET: { isList: false },
  SMTP_URL: { isList: false },
};

const MAX_BYTES = 64 * 1024;

type Environment = Readonly<Record<string, string | undefined>>;

/** The text of a setting ('' when it is not set), or what is wrong, which names the setting and the file and never what is in it. */
export function textOf(env: Environment, name: string): { readonly text: string } | { readonly problem: string } {
  const given = env[name] ?? '';
  const secret = SECRET_SETTINGS[name];
  const variable = `${name}_FILE`;
  const file = secret === undefined ? '' : (env[variable] ?? '');
  if (secret === undefined || file === '') return { text: given };
  if (given !== '') return { problem: `${name} and ${variable} are both set: keep one of them` };
  // Without the value: somebody may have put the secret itself there.
  if (!file.startsWith('/')) return { problem: `${variable} must be an absolute path` };
  try {
    return checked(variable, file, readUpTo(file, MAX_BYTES + 1), secret.isList);
  } catch (error) {
    return { problem: `${variable} names a file that cannot be read: ${file} (${reasonOf(error)})` };
  }
}

function checked(variable: string, file: string, bytes: Buffer, isList: boolean): { readonly text: string } | { readonly problem: string } {
  if (bytes.length > MAX_BYTES) return { problem: `${variable} names a file of more than 64 KiB: ${file}` };
  const lines = bytes
    .toString('utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  if (lines.length === 0) return { problem: `${variable} names an empty file: ${file}` };
  if (lines.length > 1 && !isList) return { problem: `${variable} names a file of more than one line: ${file}` };
  return { text: lines.join(',') };
}

/** At most `limit` bytes, also of a pipe, which has no size. */
function readUpTo(file: string, limit: number): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(limit);
    let length = 0;
    for (let read = -1; read !== 0 && length < limit; length += read) read = readSync(descriptor, bytes, length, limit - length, null);
    return bytes.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'no permission',
  EISDIR: 'it is a folder',
};

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  return REASONS[code] ?? code;
}
