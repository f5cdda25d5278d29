import type { Monitor } from './verbs.ts';

/**
 * The seam within one process (`WAYBILL_WORKERS=0`): every value still crosses as a copy, so nothing that could not go
 * between processes can creep in, and neither side can change what the other holds.
 */
export function crossSeam(monitor: Monitor): Monitor {
  return {
    signExchange: async (connectionId, exchangeHash, type) =>
      structuredClone(
        await monitor.signExchange(connectionId, structuredClone(exchangeHash), type),
      ),
    proveHostKeys: async (connectionId, blobs) =>
      structuredClone(await monitor.proveHostKeys(connectionId, structuredClone(blobs))),
    connectionOpened: async (opening) =>
      structuredClone(await monitor.connectionOpened(structuredClone(opening))),
    authenticate: async (attempt) =>
      structuredClone(await monitor.authenticate(structuredClone(attempt))),
    connectionClosed: (closing) => monitor.connectionClosed(structuredClone(closing)),
    request: async (sessionId, request) =>
      structuredClone(await monitor.request(sessionId, structuredClone(request))),
    refused: (sessionId, refused) => monitor.refused(sessionId, structuredClone(refused)),
    progress: (sessionId, progress) => monitor.progress(sessionId, structuredClone(progress)),
  };
}
