import type { AuthenticationReply, Proof } from '../domain/authentication.ts';
import { plainNameOf } from '../domain/signature-algorithms.ts';
import { type Link, disconnectCodes } from './link.ts';
import {
  type LoginRequest,
  isSignatureAlgorithm,
  readAnswers,
  readLoginRequest,
} from './proofs.ts';
import { sendMessage } from './ssh2-internals.ts';
import { wireString } from '../domain/wire-string.ts';

const infoResponse = 61;
/** Both say it, each in its own method: PASSWD_CHANGEREQ and INFO_REQUEST. */
const askingMessage = 60;

/** What a connection lends to its login. */
export interface LoginLink extends Link {
  /** What a login may be signed with here. */
  readonly signatureAlgorithms: readonly string[];
  authenticate(username: string, proof: Proof): Promise<AuthenticationReply>;
  loggedIn(): void;
  /** Says why, then ends the connection. */
  disconnect(code: number, text: string, reason: 'protocol-error' | 'attempts-exceeded'): void;
}

export interface AuthenticationQueue {
  serviceRequested(service: string): void;
  requested(payload: Buffer): void;
}

/**
 * The one asynchronous boundary of the login: requests are served one at a time in the order they came, each answered
 * once, and nothing that goes wrong leaves here but as the end of this connection. (ssh2's own queue is last-in,
 * first-out, and a late answer to it throws where nobody catches.)
 */
export function createAuthenticationQueue(link: LoginLink): AuthenticationQueue {
  const { protocol, limits } = link;
  const waiting: LoginRequest[] = [];
  let serviceAccepted = false;
  let serving = false;
  let accepted = false;
  let username: string | undefined;
  /** Questions wait for their answers. */
  let asked = false;

  function serviceRequested(service: string): void {
    if (service !== 'ssh-userauth' || serviceAccepted) {
      link.disconnect(
        disconnectCodes.serviceNotAvailable,
        'service not available',
        'protocol-error',
      );
      return;
    }
    serviceAccepted = true;
    protocol.serviceAccept(service);
  }

  function requested(payload: Buffer): void {
    if (accepted) return;
    if (payload[0] === infoResponse) return answered(payload);
    const sessionId = protocol._kex?.sessionID;
    if (!serviceAccepted || sessionId === undefined) {
      link.violate('login before the service was requested');
      return;
    }
    const request = readLoginRequest(payload, sessionId, limits);
    if (request === undefined) {
      link.violate('malformed login request');
      return;
    }
    if (request.service !== 'ssh-connection') {
      link.disconnect(
        disconnectCodes.serviceNotAvailable,
        'service not available',
        'protocol-error',
      );
      return;
    }
    // AsyncSSH CVE-2023-46446: whoever changes names half-way may end up as somebody else.
    if (username !== undefined && username !== request.username) {
      link.disconnect(disconnectCodes.protocolError, 'the user name changed', 'protocol-error');
      return;
    }
    username = request.username;
    // RFC 4256 section 3.1: whoever asks for something else gives up what was asked.
    asked = false;
    enqueue(permitted(request));
  }

  function answered(payload: Buffer): void {
    if (!asked || username === undefined) return link.violate('answers to no question');
    asked = false;
    const proof = readAnswers(payload, limits);
    if (proof === undefined) return link.violate('malformed answers');
    enqueue({ username, service: 'ssh-connection', proof });
  }

  function enqueue(request: LoginRequest): void {
    if (serving && waiting.length >= limits.authenticationsQueuedMax) {
      link.violate('too many login requests at once');
      return;
    }
    waiting.push(request);
    if (!serving) void serve();
  }

  /** What another set of algorithms would take is not used here. */
  function permitted(request: LoginRequest): LoginRequest {
    const { proof } = request;
    if (proof.kind !== 'offer' && proof.kind !== 'signature') return request;
    const { algorithm } = proof;
    const isPermitted = link.signatureAlgorithms.includes(plainNameOf(algorithm));
    if (!isSignatureAlgorithm(algorithm) || isPermitted) return request;
    return { ...request, proof: { kind: 'unusable', method: `publickey ${algorithm}` } };
  }

  async function serve(): Promise<void> {
    serving = true;
    try {
      for (
        let request = waiting.shift();
        request !== undefined && !accepted && !link.ended;
        request = waiting.shift()
      ) {
        const reply = await link.authenticate(request.username, request.proof);
        if (!link.ended) answer(request.proof, reply);
      }
    } catch (error) {
      link.fault(error);
    } finally {
      serving = false;
    }
  }

  function answer(proof: Proof, reply: AuthenticationReply): void {
    switch (reply.kind) {
      case 'refused':
        // ssh2 answers only what it believes to have queued itself (Protocol.js:1766).
        protocol._authsQueue.push('waybill');
        protocol.authFailure(reply.methods, reply.partial);
        return;
      case 'offer-accepted':
        if (proof.kind !== 'offer' || !isSignatureAlgorithm(proof.algorithm))
          throw new Error(`a proof of kind ${proof.kind} was answered as an acceptable offer`);
        protocol._authsQueue.push('publickey');
        protocol.authPKOK(proof.algorithm, Buffer.from(proof.keyBlob));
        return;
      case 'accepted':
        // Go CVE-2024-45337: an offer proves nothing.
        if (!provingKinds.has(proof.kind))
          throw new Error(`a proof of kind ${proof.kind} was accepted`);
        accepted = true;
        waiting.length = 0;
        protocol._authsQueue.push('waybill');
        protocol.authSuccess();
        link.loggedIn();
        return;
      case 'prompt':
        asked = waiting.length === 0;
        sendMessage(protocol, questionsOf(reply));
        return;
      case 'change-needed':
        sendMessage(
          protocol,
          Buffer.concat([Buffer.of(askingMessage), wireString(reply.prompt), wireString('')]),
        );
        return;
      case 'disconnect':
        link.disconnect(
          disconnectCodes.noMoreAuthMethods,
          'too many authentication failures',
          'attempts-exceeded',
        );
    }
  }

  return { serviceRequested, requested };
}

const provingKinds: ReadonlySet<Proof['kind']> = new Set([
  'signature',
  'password',
  'password-change',
  'answers',
]);

/** INFO_REQUEST (RFC 4256 section 3.2), without a name, as most clients show none well. */
function questionsOf({
  instruction,
  prompts,
}: Extract<AuthenticationReply, { kind: 'prompt' }>): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(prompts.length);
  const questions = prompts.flatMap(({ text, echo }) => [
    wireString(text),
    Buffer.of(echo ? 1 : 0),
  ]);
  const head = [wireString(''), wireString(instruction), wireString(''), count];
  return Buffer.concat([Buffer.of(askingMessage), ...head, ...questions]);
}
