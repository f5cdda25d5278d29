/**
 * Everything that a stranger or a client can grow, with its unit (shared reference: reliability.md section 4). None of
 * these refuses a well-behaved client: where a queue is full, reading pauses.
 */
export const limits = {
  /** Connections that have not logged in: all together, and from one address. */
  unauthenticatedConnectionsMax: 200,
  unauthenticatedConnectionsPerSourceMax: 32,
  connectionsMax: 10_000,
  /** TCP accept to the client's identification line, to the end of the first key exchange, to the login. */
  identMsMax: 10_000,
  handshakeMsMax: 20_000,
  loginMsMax: 60_000,
  identBytesMax: 255,
  /** Proofs that fail, and keys that are merely offered, on one connection. */
  authenticationFailuresMax: 6,
  keyOffersMax: 20,
  /** Rows of the ledger that the refused logins of one source make in a minute before they are only counted. */
  refusalRowsPerSourceMax: 60,
  /** Requests waiting for an answer on one unauthenticated connection. */
  authenticationsQueuedMax: 8,
  passwordBytesMax: 1024,
  passwordHashesQueuedMax: 64,
  channelsPerConnectionMax: 10,
  /** Smallest CHANNEL_OPEN maximum packet size that is taken (0 hangs ssh2). */
  channelPacketBytesMin: 1024,
  /**
   * A WRITE of 32 KiB with its header in one packet: in two, the client's Nagle and our delayed ACK cost paramiko 40 ms
   * each (2 MB took 2.57 s, and 0.05 s so). RFC 4253 section 6.1 lets a whole packet have 35,000.
   */
  channelPacketBytesMax: 33 * 1024,
  /** A second key exchange that the peer does not finish. */
  rekeyMsMax: 60_000,
  /** The server starts a new key exchange after so many bytes or so long. */
  rekeyBytes: 1024 * 1024 * 1024,
  rekeyMs: 60 * 60_000,
  idleMsMax: 30 * 60_000,
  sessionMsMax: 12 * 60 * 60_000,
  sessionsPerUserDefault: 32,

  /** An SFTP message without its length word. */
  sftpMessageBytesMax: 256 * 1024,
  /** READ and WRITE data, as limits@openssh.com tells. */
  sftpDataBytesMax: 255 * 1024,
  /** Files open in one session, on all its channels, and directories open on one channel. */
  fileHandlesMax: 64,
  directoryHandlesMax: 16,
  /** Replies queued on one channel before the next request is looked at. */
  repliesQueuedBytesMax: 1024 * 1024,
  listingEntriesMax: 500,
  /** check-file: bytes that one request may hash. */
  checkFileBytesMax: 64 * 1024 * 1024 * 1024,
  /** Bytes of one write handle that are on their way to disk before WRITE is made to wait. */
  dirtyBytesMax: 4 * 1024 * 1024,
  /** Out-of-order ranges that one upload may have. */
  writtenRangesMax: 4096,
  /** Separate ranges of one download that are remembered to tell whether all of it was sent. */
  readRangesMax: 4096,
  fileBytesMax: 1024 ** 4,
  /** Room on the disk that uploads may not take: the database and its ledger need it. */
  diskReserveBytes: 256 * 1024 * 1024,

  apiBodyBytesMax: 64 * 1024,
  apiRequestMsMax: 30_000,
  apiHeadersMsMax: 10_000,
} as const;
