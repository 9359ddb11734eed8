/** What went wrong between two hosts before any message passed. Stable: logs and tests know them by these names. */
export type RefusalName =
  /** A client's key that no list of this process ever had. */
  | 'unknown key'
  /** A client's key that this process knows, but not, or no longer, for this link. At a client: the server refused its key. */
  | 'unlisted key'
  /** The client expects another server, or whoever answers cannot prove that it is the one expected. */
  | 'wrong server key'
  /** The client has no keys and this link wants them. */
  | 'plaintext client'
  /** The server has no keys and this client wants them. */
  | 'plaintext server'
  /** The client wants keys and this link has none. */
  | 'client with keys'
  /** The server wants keys and this client has none. */
  | 'server with keys'
  /** Neither NULL nor CURVE. */
  | 'unknown mechanism'
  /** A server socket whose domain has been closed, or never was. */
  | 'unknown domain'
  /** A request for authentication that is not as RFC 27 says. */
  | 'malformed request'
  /** A handshake that is not as RFC 23 and RFC 26 say. */
  | 'malformed handshake'
  /** The other side ended the connection during the handshake; why, its log knows. */
  | 'handshake ended'
  /** Nobody could be asked whether the key is allowed. */
  | 'no key check';

/** One refusal, for the log. */
export interface Refusal {
  readonly name: RefusalName;
  /** Where the client comes from, if it is known; else the endpoint of the socket. */
  readonly address: string;
  /** The public key that was refused, if it is known. */
  readonly key: string | null;
  /** A sentence for people: what happened and what to do. */
  readonly text: string;
}

export type OnRefusal = (refusal: Refusal) => void;
