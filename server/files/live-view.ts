import type { Files } from './files.ts';
import type { LiveOpen, LiveOpens } from './opens.ts';
import type { TrafficNow } from './traffic.ts';

/** A file that is open now, by a login or an API request. */
export type LiveTransfer = {
  /** Of the transfer. */
  readonly id: string;
  readonly sessionId: string;
  readonly username: string;
  readonly agency: string;
  /** As it was at OPEN. */
  readonly path: string;
  readonly direction: 'upload' | 'download';
  /** Of an upload how much there is, of a download how much went out, as last heard. */
  readonly bytes: number;
  /** Null for an upload, which may become any. */
  readonly size: number | null;
};

/** What moves now. */
export type LiveView = {
  /** Of a live login. */
  trafficOf(sessionId: string): TrafficNow;
  /** Every open file, by the session that has it. */
  transfers(): ReadonlyMap<string, readonly LiveTransfer[]>;
};

export function createLiveView(files: Pick<Files, 'trafficOf'>, opens: LiveOpens): LiveView {
  return {
    trafficOf: (sessionId) => files.trafficOf(sessionId),
    transfers: () => {
      const bySession = new Map<string, LiveTransfer[]>();
      for (const open of opens.all()) {
        const { sessionId } = open.holder;
        const transfer = transferOf(open, opens.progressOf(open.openId) ?? 0);
        const others = bySession.get(sessionId);
        if (others === undefined) bySession.set(sessionId, [transfer]);
        else others.push(transfer);
      }
      return bySession;
    },
  };
}

function transferOf(open: LiveOpen, bytes: number): LiveTransfer {
  const { openId: id, holder, agency, path } = open;
  const { sessionId, username } = holder;
  const shared = { id, sessionId, username, agency: agency.code, path, bytes };
  return open.kind === 'reading'
    ? { ...shared, direction: 'download', size: open.size }
    : { ...shared, direction: 'upload', size: null };
}
