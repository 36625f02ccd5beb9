/**
 * Which member should own each partition of one topic: shares differ by at most one, and every owner keeps
 * what its share allows, so that few partitions move. Depends on nothing but its arguments: every member
 * that computes it gets the same answer.
 *
 * @param owners owner of each partition now, null where there is none
 * @param members the living members that read this topic, oldest first
 */
export function assign(owners: readonly (string | null)[], members: readonly string[]): (string | null)[] {
  if (members.length === 0) return owners.map(() => null)
  const shares = new Shares(owners.length, members)
  const target = owners.map((owner) => (owner !== null && shares.take(owner) ? owner : null))
  return target.map((owner) => owner ?? shares.takeForEmptiest(members))
}

class Shares {
  readonly #base: number
  #extras: number
  readonly #taken: Map<string, number>

  constructor(partitions: number, members: readonly string[]) {
    this.#base = Math.floor(partitions / members.length)
    this.#extras = partitions % members.length
    this.#taken = new Map(members.map((member) => [member, 0]))
  }

  /** Counts one more partition of the member; false when its share is full or it is no member. */
  take(member: string): boolean {
    const taken = this.#taken.get(member)
    if (taken === undefined || taken > this.#base) return false
    if (taken === this.#base && this.#extras-- <= 0) {
      this.#extras = 0
      return false
    }
    this.#taken.set(member, taken + 1)
    return true
  }

  takeForEmptiest(members: readonly string[]): string {
    let emptiest = members[0]!
    for (const member of members) if (this.#taken.get(member)! < this.#taken.get(emptiest)!) emptiest = member
    this.#taken.set(emptiest, this.#taken.get(emptiest)! + 1)
    return emptiest
  }
}
