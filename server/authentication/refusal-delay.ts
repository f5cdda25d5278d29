import { createHmac } from 'node:crypto';

const baseMs = 25;
const spreadMs = 10;
/** Past this a refusal is late enough by itself. */
const elapsedMsMax = 5_000;

export type RefusalDelayParts = {
  /** 32 bytes that no client knows. */
  readonly secret: Uint8Array;
  /** Milliseconds; only differences count. */
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<void>;
};

/**
 * Makes every refused proof of a user name take the same time, a little different for each name, so that neither the
 * time nor its jitter tells whether the user exists (OpenSSH auth2.c, ensure_minimum_time_since). What took longer is
 * padded to the next doubling.
 */
export function createRefusalDelay({ secret, now, pause }: RefusalDelayParts) {
  return async (username: string, startedMs: number): Promise<void> => {
    const elapsedMs = Math.max(0, now() - startedMs);
    if (elapsedMs > elapsedMsMax) return;
    let targetMs = baseMs + spreadMs * fractionOf(secret, username);
    while (targetMs < elapsedMs) targetMs *= 2;
    await pause(targetMs - elapsedMs);
  };
}

function fractionOf(secret: Uint8Array, username: string): number {
  return createHmac('sha256', secret).update(username).digest().readUInt32BE(0) / 2 ** 32;
}
