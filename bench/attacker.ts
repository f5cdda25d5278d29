import { readFileSync } from 'node:fs';
import { attackList } from './attack-list.ts';

/** The process of one attack: name, port, user and key file; a line when it has begun. */
const [name = '', port, username = '', keyFile = ''] = process.argv.slice(2);
const attack = attackList[name];
if (attack === undefined) throw new Error(`no attack ${name}`);
// Its sessions are ended, and it goes on.
process.on('uncaughtException', () => undefined);
await attack({ port: Number(port), username, privateKey: readFileSync(keyFile) });
process.stdout.write('begun\n');
// Until it is killed.
setInterval(() => undefined, 60_000);
