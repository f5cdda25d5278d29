/**
 * Everything that a stranger or a client can grow, with its unit (shared reference: reliability.md section 4). None of
 * these refuses a well-behaved client: where a queue is full, reading pauses.
 */
export const limits = {
  /** Connections that have not logged in: all together, and from one address. */
  unauthenticatedConnectionsMax: 200,
  unauthenticatedConnectionsPerSourceMax: 32,
  /** Share of the first below which nobody is dropped at random. */
  unauthenticatedConnectionsCalmShare: 0.25,
  connectionsMax: 10_000,
  /** New connections of one source: so many a second in the long run, and so many at once after a rest. */
  connectionsPerSecondPerSourceMax: 20,
  connectionsAtOncePerSourceMax: 100,
  /** Sources whose rate is remembered. */
  connectionSourcesMax: 65_536,
  /**
   * What a source owes for a proof that was refused, for leaving without one, for what is not SSH and for no login in
   * time, as sshd's PerSourcePenalties. It is kept out from the first sum on, and for no longer than the second.
   */
  penaltyRefusedMs: 5_000,
  penaltyMissingMs: 1_000,
  penaltyGarbageMs: 5_000,
  penaltyLateMs: 10_000,
  penaltyMsMin: 15_000,
  penaltyMsMax: 600_000,
  penaltySourcesMax: 65_536,
  /** How long a login speaks for its source, and the strangers that may knock from there while it is kept out. */
  knownSourceMsMax: 8 * 24 * 60 * 60_000,
  knownSourceStrangersMax: 4,
  /** Rows of the ledger in a minute: about bans, and about other limits that were hit; the rest is one row of each. */
  banRowsMax: 100,
  limitRowsMax: 100,
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
  /** The same of all sources together, and sources that are told apart in the rows that count the rest. */
  refusalRowsMax: 1_000,
  refusalSourcesCountedMax: 100,
  /** Requests waiting for an answer on one unauthenticated connection. */
  authenticationsQueuedMax: 8,
  passwordBytesMax: 1024,
  passwordHashesPerCoreMax: 1,
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
  /** How long one key signs checkpoints of the ledger. */
  checkpointKeyMsMax: 24 * 60 * 60_000,
  sessionsPerUserDefault: 32,
  /**
   * Units of work (server/pace) that one user's sessions may ask of one process for each second, and that they may have
   * saved up. Bytes that are moved earn units, so transfers are not held back; the rest waits, and is never refused.
   */
  workUnitsPerSecondMax: 4_000,
  workUnitsAtOnceMax: 6_000,
  /** A graceful stop: how long transfers that are under way may go on. */
  stopMsMax: 60_000,

  /** An SFTP message without its length word. */
  sftpMessageBytesMax: 256 * 1024,
  /** READ and WRITE data, as limits@openssh.com tells. */
  sftpDataBytesMax: 255 * 1024,
  /** Files open in one session, on all its channels, and directories open on one channel. */
  fileHandlesMax: 64,
  directoryHandlesMax: 16,
  /**
   * What a process may hold for its clients: its share of a part of the host's memory, but at least this. The minimums
   * of all channels come out of it: of a session's first as it is used, of the others as they open.
   */
  hostMemoryPartMax: 1 / 2,
  processMemoryBytesMin: 256 * 1024 * 1024,
  /** What one connection may hold, on all of its channels, while nobody else is short of it. */
  sessionMemoryBytesMax: 16 * 1024 * 1024,
  /** What one channel may always hold: a window and the longest message. Without it a second channel does not open. */
  channelMemoryBytesMin: 384 * 1024,
  /** Bytes that a client may send on a channel before they are read: at first, and once it has shown that it is fast. */
  channelWindowBytesMin: 128 * 1024,
  channelWindowBytesMax: 2 * 1024 * 1024,
  /**
   * Requests that came and wait for their turn, one channel; above it reading pauses. Each channel has one request in
   * work (decisions/0003), so a session never has more than its channels, and 64 that wait are no fault.
   */
  requestsWaitingBytesMax: 512 * 1024,
  /** Replies queued on one channel before the next request is looked at. */
  repliesQueuedBytesMax: 1024 * 1024,
  /** A handle that was not used for so long gives back what it holds in memory. */
  handleRestMs: 5_000,
  /** Where bytes of a message or of replies are outstanding, a client that moves less in so long is ended. */
  stalledMsMax: 120_000,
  stalledBytesPerSecondMin: 1024,
  listingEntriesMax: 500,
  /** check-file: bytes that one request may hash. */
  checkFileBytesMax: 64 * 1024 * 1024 * 1024,
  /** Bytes of one write handle that are on their way to disk before WRITE is made to wait; and while memory is short. */
  dirtyBytesMax: 4 * 1024 * 1024,
  dirtyBytesShortMax: 256 * 1024,
  /** Content that is kept in the database and not in a file of its own; one block at most (decisions/0010). */
  inlineBytesMax: 32 * 1024,
  /** Out-of-order ranges that the uploads of one session may have together. */
  writtenRangesMax: 4096,
  /** Separate ranges of one download that are remembered to tell whether all of it was sent. */
  readRangesMax: 4096,
  fileBytesMax: 1024 ** 4,
  /** What a replaced file was, this often, is kept and can be restored. */
  previousVersionsKeptMax: 1,
  /** Room on the disk that uploads may not take: the database and its ledger need it. */
  diskReserveBytes: 256 * 1024 * 1024,
  /** How old the figure for free room may be that a WRITE is judged by. */
  diskLookMs: 1_000,

  apiBodyBytesMax: 64 * 1024,
  apiRequestMsMax: 30_000,
  apiHeadersMsMax: 10_000,
  /**
   * A file of users: its bytes and rows, the rows of one that is taken wholly or not at all, the rows of one unit of work
   * (live transfers wait for that long), and how long it may go on.
   */
  importBodyBytesMax: 16 * 1024 * 1024,
  importRowsMax: 10_000,
  /** Their bodies and rows are held whole. So many of all API keys, and of one. */
  importsAtOnceMax: 2,
  importsPerKeyMax: 1,
  importAtomicRowsMax: 500,
  importBatchRowsMax: 16,
  importMsMax: 120_000,
  /** Requests of one API key: so many a second in the long run, and so many at once after a rest. */
  apiRequestsPerSecondMax: 100,
  apiRequestsAtOnceMax: 1_000,
  /** Requests from one source that did not authenticate: so many a minute, and so many at once, before they only hear 429. */
  apiFailuresPerMinuteMax: 30,
  apiFailuresAtOnceMax: 60,
  /** Keys and sources whose rate is remembered, each. */
  apiRatesRememberedMax: 10_000,
  /** How long an answer is kept for who repeats its Idempotency-Key, and how many of them for one API key. */
  apiAnswersKeptMs: 24 * 60 * 60_000,
  apiAnswersPerKeyMax: 10_000,
  apiAnswersPerKeyBytesMax: 64 * 1024 * 1024,
  /** A longer answer is not kept: who repeats the request hears that it was carried out. */
  apiAnswerBytesMax: 1024 * 1024,
  /** Changes of one API key that wait for a second administrator, and for how long. */
  pendingChangesPerKeyMax: 100,
  pendingChangeBytesPerKeyMax: 8 * 1024 * 1024,
  pendingChangeMsMax: 24 * 60 * 60_000,
  /** Files that the API receives at the same time, of all keys and of one; each may have `dirtyBytesMax` on its way to disk. */
  apiUploadsMax: 16,
  apiUploadsPerKeyMax: 4,
  /** Transfers that one search may look at before it answers with what it found and where to go on. */
  transfersLookedAtMax: 5_000,
  /** Rows that one search holds against what its index does not serve. */
  ledgerRowsLookedAtMax: 5_000,
  /** Retention jobs at a time; the fewest days that any may say; and of the files it is for, what a run takes unasked; of earlier versions and partial uploads so many in any case. */
  retentionJobsMax: 1_000,
  retentionDaysMin: 1,
  retentionSharePercentMax: 50,
  retentionUnaskedMin: 100,
  /** Days whose receipts `/receipts` lists; older ones are found by name, and over the API. */
  receiptDaysListedMax: 90,
  /** Receipts that one search holds against what its index does not serve. */
  receiptsLookedAtMax: 5_000,
  /** A file that is read again for a signature over its SHA-512. */
  signedContentBytesMax: 64 * 1024 * 1024 * 1024,
  /** Destruction certificates that one search holds against what its index does not serve. */
  certificatesLookedAtMax: 5_000,
  /**
   * A report from the ledger: the time that it may be about, the rows that it looks through, and the names, addresses and
   * clients that it tells apart (strangers choose them). So many at once, of all API keys and of one.
   */
  reportDaysMax: 366,
  reportLedgerRowsMax: 20_000_000,
  reportGroupsMax: 5_000,
  reportsAtOnceMax: 4,
  reportsPerKeyMax: 2,
  /** Days that the review of a week may wait for an administrator, from when the week is over. */
  reviewDaysMax: 7,
  /** Readers of `/v1/events`, with all API keys and with one; what may wait for one that does not read; rows of the ledger that one may be behind. */
  eventReadersMax: 32,
  eventReadersPerKeyMax: 8,
  eventBytesQueuedMax: 256 * 1024,
  eventRowsBehindMax: 100_000,
  eventHeartbeatMs: 15_000,
} as const;

/** Their values as an operator has set them (server/limit-variables.ts). */
export type Limits = Readonly<Record<keyof typeof limits, number>>;

/** A clock that is slewed, or set as every day, goes back by less: what is later than that was said by one that was ahead. */
export const clockSlewMsMax = 60_000;

/** When failed logins lock an account, whatever connections they come over. */
export type Lockout = {
  /** So many failures within so long, without a login between them, lock the account for so long. */
  readonly failuresMax: number;
  readonly windowMs: number;
  readonly lockMs: number;
  /** Whether the lock stops keys, too. Where it does not, only passwords are refused: nobody guesses a signature. */
  readonly stopsKeys: boolean;
};

export const lockouts = {
  baseline: {
    failuresMax: 10,
    windowMs: 30 * 60_000,
    lockMs: 15 * 60_000,
    stopsKeys: false,
  },
  /** IRS Publication 1075, AC-7 (compliance.md C04). */
  pub1075: {
    failuresMax: 3,
    windowMs: 120 * 60_000,
    lockMs: 15 * 60_000,
    stopsKeys: true,
  },
} as const satisfies Readonly<Record<'baseline' | 'pub1075', Lockout>>;
