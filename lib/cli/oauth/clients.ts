import { addClient, MAX_CLIENTS, removeClient } from '../../accounts/oauth/clients.ts';
import type { Session } from '../command.ts';
import { operator } from '../lookup.ts';

type AddOptions = { readonly redirect: readonly string[]; readonly secret?: true };

export async function add({ core, out }: Session, name: string, { redirect, secret: wanted }: AddOptions): Promise<void> {
  const { client, secret } = await addClient(core, { name, redirectUris: redirect, hasSecret: wanted === true });
  const text = [
    `Added ${client.name}.`,
    `  client id      ${client.id}`,
    ...(secret === undefined ? [] : [`  client secret  ${secret}   (shown only once)`]),
  ];
  const value = { client_id: client.id, name: client.name, redirect_uris: client.redirectUris };
  out.write(secret === undefined ? value : { ...value, client_secret: secret }, text.join('\n'));
}

export async function list({ core, out }: Session): Promise<void> {
  const clients = await core.store.oauthClients.listAdded(MAX_CLIENTS);
  out.list(
    clients.map(({ id, name, redirectUris, secret, createdAt }) => ({
      ...{ client_id: id, name, redirect_uris: redirectUris, secret: secret !== null, created_at: new Date(createdAt).toISOString() },
    })),
    'No program was added yet.',
  );
}

export async function remove({ core, out }: Session, id: string): Promise<void> {
  const client = await removeClient(core, (await operator(core))?.id, id);
  out.write({ client_id: client.id, name: client.name, removed: true }, `Removed ${client.name}.`);
}
