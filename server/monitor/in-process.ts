import type { Monitor, Worker } from './verbs.ts';

/**
 * Both sides in one process (`WAYBILL_WORKERS=0`): every value still crosses as a copy, so nothing that could not go
 * between processes can creep into the seam, and neither side can change what the other holds.
 */
export function crossSeam(monitor: Monitor): Monitor {
  return {
    connectionOpened: async (opening) =>
      structuredClone(await monitor.connectionOpened(structuredClone(opening))),
    authenticate: async (attempt) =>
      structuredClone(await monitor.authenticate(structuredClone(attempt))),
    connectionClosed: (closing) => monitor.connectionClosed(structuredClone(closing)),
    request: async (sessionId, request) =>
      structuredClone(await monitor.request(sessionId, structuredClone(request))),
    refused: (sessionId, refused) => monitor.refused(sessionId, structuredClone(refused)),
    progress: (sessionId, bytes) => monitor.progress(sessionId, structuredClone(bytes)),
  };
}

/** A worker that is named before it exists: the monitor is made first. */
export class WorkerLink implements Worker {
  #worker: Worker | undefined;

  connect(worker: Worker): void {
    this.#worker = worker;
  }

  async endSession(...args: Parameters<Worker['endSession']>): Promise<void> {
    await this.#worker?.endSession(...args);
  }

  async revokeOpen(openId: string): Promise<void> {
    await this.#worker?.revokeOpen(openId);
  }
}
