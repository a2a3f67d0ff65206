import { Argument, type Command } from 'commander';
import { example } from '../command.ts';
import { completionFor, SHELLS } from './completion.ts';

/** `parley completion`. `all`: the program with every command. */
export function completionCommand(program: Command, all: () => Promise<Command>): void {
  const completion = program
    .command('completion')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .description('print a script with which a shell completes commands and options')
    .action(async (shell: string) => void process.stdout.write(completionFor(await all(), shell)));
  example(completion, 'source <(parley completion bash)', 'parley completion fish | source');
}
