import { type CallToolResult, ProtocolError, ProtocolErrorCode, ResourceNotFoundError } from '@modelcontextprotocol/server';
import { type Problem, problemOf } from '../http/errors.ts';
import type { Caller } from './caller.ts';

/** What a client learns of an error, as the problem documents of the API have it. */
function detailsOf({ core, request }: Caller, error: unknown, of: string): Problem {
  const problem = problemOf(error);
  if (problem.isUnexpected) core.logger.error({ err: error, request, mcp: of }, 'unexpected error');
  return problem;
}

const dataOf = ({ code, field, retryAfterSeconds }: Problem, { request }: Caller) => ({
  ...{ code, request },
  ...(field === undefined ? {} : { field }),
  ...(retryAfterSeconds === undefined ? {} : { retry_after: retryAfterSeconds }),
});

/** The result of a tool that failed: a text that names the field and the limit, and the same as data for programs. */
export function toolError(caller: Caller, error: unknown, tool: string): CallToolResult {
  const problem = detailsOf(caller, error, tool);
  const data = dataOf(problem, caller);
  const rest = Object.entries(data).filter(([name]) => name !== 'request' || problem.isUnexpected);
  const text = `${problem.message} (${rest.map(([name, value]) => `${name}: ${value}`).join(', ')})`;
  return { isError: true, content: [{ type: 'text', text }], _meta: { 'parley/problem': data } };
}

/** Runs what reads a resource or a prompt; its errors become those of the protocol. `uri`: the resource's. */
export async function orProtocolError<T>(caller: Caller, of: string, work: () => Promise<T>, uri?: string): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw protocolError(caller, error, of, uri);
  }
}

function protocolError(caller: Caller, error: unknown, of: string, uri?: string): Error {
  if (error instanceof ProtocolError) return error;
  const problem = detailsOf(caller, error, of);
  if (problem.code === 'notFound' && uri !== undefined) return new ResourceNotFoundError(uri);
  const isOfClient = problem.status < 500 && problem.status !== 429;
  return new ProtocolError(isOfClient ? ProtocolErrorCode.InvalidParams : ProtocolErrorCode.InternalError, problem.message, {
    ...dataOf(problem, caller),
  });
}
