import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateHostKey, publicKeyLine } from '../../server/connection/host-keys.ts';
import type { Client } from '../client.ts';
import type { Login } from './clients.ts';
import type { Installation } from './installation.ts';

type Person = { readonly username: string; readonly displayName: string; readonly agency: string };

export const agencies = [
  { code: 'dcss', name: 'Department of Child Support Services', kind: 'state' },
  { code: 'alameda', name: 'Alameda County', kind: 'lcsa' },
  { code: 'kern', name: 'Kern County', kind: 'lcsa' },
] as const;

const people = {
  dana: { username: 'dana', displayName: 'Dana of DCSS', agency: 'dcss' },
  amy: { username: 'amy', displayName: 'Amy of Alameda', agency: 'alameda' },
  ken: { username: 'ken', displayName: 'Ken of Kern', agency: 'kern' },
} as const satisfies Record<string, Person>;

export type Logins = Readonly<Record<keyof typeof people, Login>>;

/** The three agencies over the API, with a user each. */
export async function provision(client: Client, installation: Installation): Promise<Logins> {
  for (const agency of agencies) await client.post('/agencies', agency);
  return {
    dana: await addPerson(client, installation, people.dana),
    amy: await addPerson(client, installation, people.amy),
    ken: await addPerson(client, installation, people.ken),
  };
}

async function addPerson(
  client: Client,
  installation: Installation,
  person: Person,
): Promise<Login> {
  const privateKeyFile = join(installation.directory, `${person.username}_ed25519`);
  const privateKey = generateHostKey();
  writeFileSync(privateKeyFile, privateKey, { mode: 0o600, flag: 'wx' });
  await client.post('/users', person);
  const publicKey = `${publicKeyLine(privateKey)} ${person.username}@demo`;
  await client.post(`/users/${person.username}/keys`, { publicKey });
  const { knownHostsFile, sftpPort: port } = installation;
  return { username: person.username, host: '127.0.0.1', port, privateKeyFile, knownHostsFile };
}
