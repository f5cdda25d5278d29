import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import { within, type Credentials, type Delivery, type Destination } from './destination.ts';
import { framed, syslogMessage, type SyslogHead } from './syslog-message.ts';

export type SyslogSettings = {
  readonly host: string;
  readonly port: number;
  /** False: plain TCP, which the configuration takes for loopback alone. */
  readonly secure: boolean;
};

export type SyslogParts = {
  readonly settings: SyslogSettings;
  readonly head: SyslogHead;
  readonly credentials: () => Credentials;
  readonly times?: Partial<SyslogTimes>;
};

type SyslogTimes = {
  readonly connectMsMax: number;
  /** For the receiver to take what was sent, and to answer the end of a connection with its own. */
  readonly stalledMsMax: number;
  readonly openMsMax: number;
};

const defaultTimes: SyslogTimes = {
  connectMsMax: 10_000,
  stalledMsMax: 15_000,
  openMsMax: 10_000,
};
const rowsUnconfirmedMax = 10_000;
/** After a delivery that came to nothing, doubled with each that arrived: who is too slow for ten thousand gets on, too. */
const rowsUnconfirmedAfterFailure = 200;

/**
 * Syslog over TLS (RFC 5425). Syslog has no acknowledgement: bytes that the kernel took may never arrive. So a connection
 * is a delivery, which is confirmed by its orderly end: the receiver ends its side only once it has read ours, to the
 * end. One that breaks off, or ends before it was asked to, confirms nothing, and all of it is sent again.
 */
export function syslogDestination(parts: SyslogParts): Destination {
  const { settings } = parts;
  const times = { ...defaultTimes, ...parts.times };
  const scheme = settings.secure ? 'tls' : 'tcp';
  const host = isIP(settings.host) === 6 ? `[${settings.host}]` : settings.host;
  let rowsMax = rowsUnconfirmedMax;
  const onOver = (isConfirmed: boolean) => {
    rowsMax = isConfirmed ? Math.min(rowsUnconfirmedMax, rowsMax * 2) : rowsUnconfirmedAfterFailure;
  };
  return {
    name: 'syslog',
    shown: `${scheme}://${host}:${settings.port}`,
    get rowsUnconfirmedMax() {
      return rowsMax;
    },
    openMsMax: times.openMsMax,
    open: async () => {
      const socket = connect(settings, parts.credentials);
      const delivery = new SyslogDelivery(socket, { head: parts.head, times, onOver });
      try {
        await within(times.connectMsMax, 'connecting', delivery.connected(settings.secure));
      } catch (error) {
        delivery.abandon();
        throw error;
      }
      return delivery;
    },
  };
}

function connect({ host, port, secure }: SyslogSettings, credentials: () => Credentials): Socket {
  if (!secure) return connectPlain({ host, port });
  return connectSecure({
    host,
    port,
    ...(isIP(host) === 0 && { servername: host }),
    ...credentials(),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
  });
}

type DeliveryParts = {
  readonly head: SyslogHead;
  readonly times: SyslogTimes;
  /** Told what became of the rows that were sent. */
  readonly onOver: (isConfirmed: boolean) => void;
};

class SyslogDelivery implements Delivery {
  readonly #socket: Socket;
  readonly #head: SyslogHead;
  readonly #times: SyslogTimes;
  readonly #onOver: (isConfirmed: boolean) => void;
  /** Rejects when the connection is of no use any more. */
  readonly #broken: Promise<never>;
  #isEnding = false;
  #onEnded: () => void = () => undefined;

  constructor(socket: Socket, { head, times, onOver }: DeliveryParts) {
    this.#socket = socket;
    this.#head = head;
    this.#times = times;
    this.#onOver = onOver;
    this.#broken = new Promise<never>((_, reject) => {
      socket.on('error', reject);
      socket.on('end', () => {
        if (this.#isEnding) this.#onEnded();
        else reject(new Error('the receiver closed the connection'));
      });
      socket.on('close', () => reject(new Error('the connection was lost')));
    });
    this.#broken.catch(() => undefined);
    // Whatever a receiver says, nobody listens.
    socket.resume();
  }

  async connected(secure: boolean): Promise<void> {
    const event = secure ? 'secureConnect' : 'connect';
    const done = new Promise<void>((resolve) => this.#socket.once(event, () => resolve()));
    await Promise.race([done, this.#broken]);
  }

  async send(rows: Parameters<Delivery['send']>[0]): Promise<number> {
    const frames = rows.map((row) => framed(syslogMessage(row, this.#head)));
    const taken = new Promise<void>((resolve, reject) => {
      this.#socket.write(Buffer.concat(frames), (error) =>
        error === undefined || error === null ? resolve() : reject(error),
      );
    });
    try {
      await within(this.#times.stalledMsMax, 'sending', Promise.race([taken, this.#broken]));
    } catch (error) {
      this.#onOver(false);
      throw error;
    }
    return rows.at(-1)!.seq;
  }

  async confirm(): Promise<void> {
    const ended = new Promise<void>((resolve) => (this.#onEnded = resolve));
    this.#isEnding = true;
    this.#socket.end();
    try {
      await within(
        this.#times.stalledMsMax,
        'the receiver to end the connection',
        Promise.race([ended, this.#broken]),
      );
      this.#onOver(true);
    } catch (error) {
      this.#onOver(false);
      throw error;
    } finally {
      this.abandon();
    }
  }

  abandon(): void {
    this.#socket.destroy();
  }
}
