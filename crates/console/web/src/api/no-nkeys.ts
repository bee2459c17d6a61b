/**
 * Stands in for `@nats-io/nkeys`, which the NATS client needs only to sign in with keys. The page
 * signs in with a password, and need not load an implementation of Ed25519 for it.
 */
export function fromSeed(): never {
  throw new Error("this page signs in with a user name and a password, not with keys");
}

export const encode = fromSeed;
