import type { McpServer, ToolAnnotations } from '@modelcontextprotocol/server';
import type { z } from 'zod';
import type { Caller } from './caller.ts';
import { toolError } from './errors.ts';

/** What clients may assume of a tool before they ask their person. Nothing outside this server is reached. */
const KINDS = {
  read: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  /** Each call adds something. */
  add: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  /** A second call with the same arguments changes nothing. */
  set: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  /** The same, and what was there before is replaced or gone. */
  replace: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
} as const satisfies Record<string, ToolAnnotations>;

type Definition<I extends z.ZodObject, O extends z.ZodObject> = {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly kind: keyof typeof KINDS;
  readonly input: I;
  readonly output: O;
  /** Resolves to a value of the output; fields that the output does not have are left out of the result. */
  readonly call: (caller: Caller, input: z.output<I>) => Promise<object>;
};

/** A tool that a server can offer. */
export type Tool = { readonly name: string; readonly register: (server: McpServer, caller: Caller) => void };

/** A tool over operations. Its errors are results that say so, never errors of the protocol, so that a model reads them. */
export const tool = <I extends z.ZodObject, O extends z.ZodObject>({
  name,
  kind,
  input,
  output,
  call,
  ...shown
}: Definition<I, O>): Tool => ({
  name,
  register: (server, caller) => {
    const run = async (given: unknown) => {
      try {
        const result = output.parse(await call(caller, given as z.output<I>)) as Record<string, unknown>; // the server has checked it
        return { content: [{ type: 'text' as const, text: JSON.stringify(result) }], structuredContent: result };
      } catch (error) {
        return toolError(caller, error, name);
      }
    };
    server.registerTool(name, { ...shown, annotations: KINDS[kind], inputSchema: input as z.ZodObject, outputSchema: output }, run);
  },
});
