#!/usr/bin/env node
// The installed command. It is here rather than in the build so that npm can link it before anything was built.
import { existsSync } from 'node:fs';

const built = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(built)) {
  await import(built.href);
} else {
  process.stderr.write(
    'waybill: it is not built yet; run `npm run build` (or `npm start`) in the repository first\n',
  );
  process.exitCode = 1;
}
