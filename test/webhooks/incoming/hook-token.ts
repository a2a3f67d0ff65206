import type { Client } from '../../helpers/client.ts';

/** Makes a bot in Lobby, on the group's page; resolves to the token in its webhook's URL. */
export async function hookToken(who: Client, name: string): Promise<string> {
  const { status, text } = await who.form('/groups/lobby/bots', { action: 'create', name });
  const token = /\/hooks\/([A-Za-z0-9]+)/.exec(text)?.[1];
  if (token === undefined) throw new Error(`making a bot was answered ${status}: ${text.slice(0, 200)}`);
  return token;
}
