import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect, openSftp, type Login } from './sessions.ts';

/**
 * The process of the light client that logs in again and again: port, user, `key` or `password`, key file or password,
 * how many, how many at a time. Says `ready`, waits for a line, says `done`.
 */
const [port, username = '', method, secret = '', count, atATime] = process.argv.slice(2);
const login: Login = {
  port: Number(port),
  username,
  ...(method === 'key' ? { privateKey: readFileSync(secret) } : { password: secret }),
};
let left = Number(count);

process.stdout.write('ready\n');
await once(process.stdin, 'data');
await Promise.all(
  Array.from({ length: Number(atATime) }, async () => {
    while (left-- > 0) {
      const client = await connect(login);
      await openSftp(client);
      client.end();
    }
  }),
);
process.stdout.write('done\n', () => process.exit(0));
