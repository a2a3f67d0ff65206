import type { Command } from 'commander';
import { example, outOf, withCore } from '../command.ts';

/** `parley encrypt keygen`, `status`, `rotate`. */
export function encryptionCommands(program: Command): void {
  const encrypt = program.command('encrypt').description('encryption at rest: keys, how far it is, replacing a key');
  example(encrypt, 'parley encrypt keygen', 'parley encrypt status');
  const keygen = encrypt
    .command('keygen')
    .option('--id <id>', 'name the key (default: the date and three random characters)')
    .description('print a new key for ENCRYPTION_KEYS')
    .action(async ({ id }: { id?: string }, command: Command) => (await import('./encryption.ts')).keygen(outOf(command), id));
  example(keygen, 'parley encrypt keygen', 'parley encrypt keygen --id 2026 > /etc/parley/encryption-keys');
  const status = encrypt
    .command('status')
    .description('read everything, count what is encrypted with which key, and list what cannot be decrypted')
    .action(withCore(async (session) => (await import('./encryption.ts')).status(session)));
  example(status, 'parley encrypt status', 'parley encrypt status --json');
  const rotate = encrypt
    .command('rotate')
    .description('encrypt everything with the first key of ENCRYPTION_KEYS now, beside a running server; can be interrupted and repeated')
    .action(withCore(async (session) => (await import('./encryption.ts')).rotate(session)));
  example(rotate, 'ENCRYPTION_KEYS=new:…,old:… parley encrypt rotate');
}
