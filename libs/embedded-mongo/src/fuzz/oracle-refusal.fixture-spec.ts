/** The operation is refused with one of these codes. */
export class Refusal extends Error {
  constructor(readonly codes: readonly number[]) {
    super(`refused with ${[...new Set(codes)].join(' or ')}`);
  }
}

/** The manual leaves the outcome open, or it needs more than the oracle knows: the operation is not sent. */
export class Undecided extends Error {}
