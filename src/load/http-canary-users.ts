/** Canary users, each with at most one canary in flight, handed out in turn. */
export class CanaryUsers {
  readonly #free: string[]

  constructor(userIds: readonly string[]) {
    this.#free = [...userIds]
  }

  /** The user that has been free for longest; null when every user has a canary in flight. */
  take(): string | null {
    return this.#free.shift() ?? null
  }

  /** The user's canary was seen, lost or not sent at all. */
  release(userId: string): void {
    this.#free.push(userId)
  }
}
