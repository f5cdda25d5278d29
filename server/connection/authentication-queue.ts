import type { AuthenticationReply, Proof } from '../domain/authentication.ts';
import { type Link, disconnectCodes } from './link.ts';
import { type LoginRequest, isSignatureAlgorithm, readLoginRequest } from './proofs.ts';

/** What a connection lends to its login. */
export interface LoginLink extends Link {
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
    if (serving && waiting.length >= limits.authenticationsQueuedMax) {
      link.violate('too many login requests at once');
      return;
    }
    waiting.push(request);
    if (!serving) void serve();
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
        if (proof.kind !== 'signature' && proof.kind !== 'password')
          throw new Error(`a proof of kind ${proof.kind} was accepted`);
        accepted = true;
        waiting.length = 0;
        protocol._authsQueue.push('waybill');
        protocol.authSuccess();
        link.loggedIn();
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
