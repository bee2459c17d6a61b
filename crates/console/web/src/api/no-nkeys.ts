/**
 * Replaces `@nats-io/nkeys`, which the NATS client needs only to sign in with keys. The page signs
 * in with a password; leaving it out saves 15 kB of Ed25519.
 */
export function fromSeed(): never {
  throw new Error("this page signs in with a user name and a password, not with keys");
}

export const encode = fromSeed;
