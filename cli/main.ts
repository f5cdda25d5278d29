#!/usr/bin/env node
import { runCli } from './program.ts';

// `waybill ... | head`: the reader has what it wants.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const status = await runCli(process.argv.slice(2), {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  nowMs: Date.now,
});
// `serve` goes on, and sets its own status; anything else ends once its output is written.
if (status !== 0) process.exitCode = status;
