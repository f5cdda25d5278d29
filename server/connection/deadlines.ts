import type { ConnectionLimits } from './own-limits.ts';

/** How far a connection has come. Each stage has its time, counted from TCP accept. */
export type Stage = 'ident' | 'handshake' | 'login';

export interface Deadlines {
  reached(stage: Stage): void;
  stop(): void;
}

export function startDeadlines(
  limits: ConnectionLimits,
  expired: (stage: Stage) => void,
): Deadlines {
  const timers: Record<Stage, NodeJS.Timeout> = {
    ident: setTimeout(() => expired('ident'), limits.identMsMax),
    handshake: setTimeout(() => expired('handshake'), limits.handshakeMsMax),
    login: setTimeout(() => expired('login'), limits.loginMsMax),
  };
  return {
    reached(stage) {
      clearTimeout(timers[stage]);
    },
    stop() {
      for (const timer of Object.values(timers)) clearTimeout(timer);
    },
  };
}
