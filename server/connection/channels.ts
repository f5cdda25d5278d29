import { Fault } from '../domain/faults.ts';
import type { MemoryAccount } from '../memory/budget.ts';
import { workUnits } from '../pace/pace.ts';
import { Channel, type ChannelLink } from './channel.ts';
import type { GlobalRequests } from './global-requests.ts';
import type { SftpChannel } from './peer.ts';
import type { ChannelOpening, MessageHandlers } from './ssh2-internals.ts';

/** CHANNEL_OPEN_FAILURE reasons (RFC 4254 section 5.1). */
const openFailures = { prohibited: 1, connectFailed: 2, unknownType: 3, shortage: 4 } as const;

/** Kinds of channel that are known and never opened. */
const forwardings = ['direct-tcpip', 'direct-streamlocal@openssh.com', 'forwarded-tcpip', 'x11'];

export interface Channels {
  readonly handlers: Omit<MessageHandlers, 'DISCONNECT' | 'SERVICE_REQUEST'>;
  /** The connection may take output again. */
  wake(): void;
  /** The connection is gone. */
  cut(): void;
}

/** The connection protocol (RFC 4254) as far as Waybill speaks it: session channels with the `sftp` subsystem. */
export function createChannels(
  link: ChannelLink,
  globalRequests: GlobalRequests,
  opened: (channel: SftpChannel) => void,
): Channels {
  const { protocol, limits } = link;
  const channels = new Map<number, Channel>();

  function open(opening: ChannelOpening): void {
    link.pace.spend(workUnits.channel);
    const refusal = whyNot(opening);
    if (refusal !== undefined) {
      protocol.channelOpenFail(opening.sender, refusal.reason, refusal.text);
      return;
    }
    const memory = accountFor(opening);
    if (memory === undefined) return;
    const id = freeId();
    channels.set(id, new Channel(link, opening, memory));
    protocol.channelOpenConfirm(
      opening.sender,
      id,
      limits.channelWindowBytesMin,
      limits.channelPacketBytesMax,
    );
  }

  /** Undefined, and the client told so, when not even the channel's minimum can be had. */
  function accountFor({ sender }: ChannelOpening): MemoryAccount | undefined {
    try {
      return link.memory.channel();
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      protocol.channelOpenFail(sender, openFailures.shortage, error.message);
      link.notice(error.message);
      return undefined;
    }
  }

  function whyNot(opening: ChannelOpening): { reason: number; text: string } | undefined {
    if (forwardings.includes(opening.type))
      return { reason: openFailures.prohibited, text: 'forwarding is not allowed' };
    if (opening.type !== 'session')
      return { reason: openFailures.unknownType, text: 'unknown channel type' };
    if (globalRequests.noMoreSessions)
      return { reason: openFailures.prohibited, text: 'no more sessions were announced' };
    // A maximum of 0 made ssh2 loop for ever.
    if (opening.packetSize < limits.channelPacketBytesMin)
      return { reason: openFailures.connectFailed, text: 'the maximum packet size is too small' };
    if (channels.size >= limits.channelsPerConnectionMax)
      return { reason: openFailures.shortage, text: 'too many channels' };
    return undefined;
  }

  function freeId(): number {
    let id = 0;
    while (channels.has(id)) id += 1;
    return id;
  }

  function request(id: number, type: string, wantReply: boolean, data: unknown): void {
    const channel = channels.get(id);
    if (channel === undefined) return;
    if (type === 'subsystem' && data === 'sftp' && !channel.started) {
      if (wantReply) channel.reply(true);
      opened(channel.start());
      return;
    }
    // `env` is taken and dropped: some clients stop at a refusal. Everything else is refused, among it exec and shell,
    // and what PuTTY and WinSCP send to a running channel (winadj@putty.projects.tartarus.org) to have an answer.
    if (wantReply) channel.reply(type === 'env' && !channel.started);
  }

  function close(id: number): void {
    const channel = channels.get(id);
    channels.delete(id);
    channel?.closeReceived();
  }

  return {
    // A message for a channel that is not there is ignored: it may have crossed our CHANNEL_CLOSE.
    handlers: {
      GLOBAL_REQUEST: (_protocol, name, wantReply, data) =>
        globalRequests.requested(name, wantReply, data),
      CHANNEL_OPEN: (_protocol, opening) => open(opening),
      CHANNEL_WINDOW_ADJUST: (_protocol, id, bytes) => channels.get(id)?.windowGrown(bytes),
      CHANNEL_DATA: (_protocol, id, data) => channels.get(id)?.received(data),
      CHANNEL_EOF: (_protocol, id) => channels.get(id)?.eofReceived(),
      CHANNEL_CLOSE: (_protocol, id) => close(id),
      CHANNEL_REQUEST: (_protocol, id, type, wantReply, data) => request(id, type, wantReply, data),
    },
    wake() {
      for (const channel of channels.values()) channel.wake();
    },
    cut() {
      const all = [...channels.values()];
      channels.clear();
      for (const channel of all) channel.cut();
    },
  };
}
