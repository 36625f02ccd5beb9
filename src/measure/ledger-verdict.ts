import type { Stream } from '../domain/trace-id.ts'
import { type FinalReading, MARK, passedMark } from './final-read.ts'
import { APPEND, type LedgerBuffers, openLedger, type StreamAccount } from './ledger.ts'
import { FOUND } from './ledger-writer.ts'
import type { LedgerExample, LedgerRecord } from './run-record.ts'

/** Examples kept of each verdict. */
const MOST_EXAMPLES = 5

export interface VerdictOptions {
  readonly ledger: LedgerBuffers
  readonly reading: FinalReading
  /** Names an event, also one that the log does not hold. */
  readonly traceIdOf: (stream: Stream, sequence: number) => string
  /** Judge only the events that this ledger says were sent: others in the log are another shard's. */
  readonly sentOnly?: boolean
  /** True where senders go on after a request without an answer, so that it may arrive behind later ones. */
  readonly overtaken?: boolean
}

/**
 * Judges every event once the pipeline is drained. The words are those of Jepsen's Kafka workload
 * (https://github.com/jepsen-io/kafka):
 *
 * - lost: acknowledged, and either not in the log, or in it at an offset that a stage has committed past
 *   without an effect of it. A dead-lettered event is accounted for, so it is not lost.
 * - unseen: acknowledged and in the log, but a stage without an effect of it has not come that far.
 * - duplicated: more than once in the log, or an effect of it applied more than once at one stage.
 * - reordered: in the log after an event of its key that was sent later. Over HTTP, one that had no answer is left
 *   out: its sender went on without it.
 * - indeterminate: nobody knows whether it was stored (so also: sent without any answer). Never lost,
 *   found or not; but it can be duplicated or reordered like any other.
 * - phantom: reported as certainly not stored, or as changing nothing, and stored.
 *
 * Where retention has dropped the beginning of a partition, an event with all its effects counts as seen.
 * `clean`: none lost, unseen, duplicated, reordered or phantom.
 */
export function judgeLedger(options: VerdictOptions): LedgerRecord {
  const tally = new Tally(options)
  const accounts = openLedger(options.ledger)
  for (let i = 0; i < accounts.length; i++) tally.judge(accounts[i]!, options.reading.marks[i]!)
  return tally.toRecord()
}

class Tally {
  readonly #options: VerdictOptions
  readonly #truncated: boolean
  readonly #examples: LedgerExample[] = []
  readonly #shown = new Map<LedgerExample['verdict'], number>()
  acknowledged = 0
  failed = 0
  indeterminate = 0
  processed = 0
  lost = 0
  duplicated = 0
  unseen = 0
  reordered = 0
  phantom = 0

  constructor(options: VerdictOptions) {
    this.#options = options
    this.#truncated = options.reading.truncated.length > 0
    for (const { traceId, detail } of options.reading.reorderings) {
      this.#examples.push({ verdict: 'reordered', traceId, detail })
    }
  }

  judge(account: StreamAccount, marks: Uint16Array): void {
    // `marks` is as long as the ledger was when the final read began: nothing is sent after that.
    for (let sequence = 0; sequence < marks.length; sequence++) {
      const state = account.states[sequence]!
      const mark = marks[sequence]!
      if (state === APPEND.none && (mark === 0 || this.#options.sentOnly === true)) continue
      if ((mark & MARK.reordered) !== 0 && !this.#isOvertaken(state)) this.reordered++
      this.#judgeCopies(account, sequence, mark)
      if (state === APPEND.acknowledged) this.#judgeAcknowledged(account, sequence, mark)
      else if (state === APPEND.failed) this.#judgeFailed(account, sequence, mark)
      else if (state === APPEND.answered) this.#judgeAnswered(account, sequence, mark)
      else if (state !== APPEND.none) this.#judgeIndeterminate(account, sequence, mark)
    }
  }

  toRecord(): LedgerRecord {
    const { acknowledged, failed, indeterminate, processed, lost, duplicated, reordered, unseen, phantom } =
      this
    return {
      acknowledged,
      failed,
      indeterminate,
      processed,
      lost,
      duplicated,
      reordered,
      dlq: this.#options.reading.deadLetters,
      unseen,
      ...(phantom > 0 ? { phantom } : {}),
      clean: lost + duplicated + reordered + unseen + phantom === 0,
      // The reader names reorderings before it is known whose they are.
      examples: this.#examples.filter(({ verdict }) => verdict !== 'reordered' || reordered > 0),
    }
  }

  #isOvertaken(state: number): boolean {
    const answered = state === APPEND.acknowledged || state === APPEND.failed || state === APPEND.answered
    return this.#options.overtaken === true && !answered
  }

  #judgeAcknowledged(account: StreamAccount, sequence: number, mark: number): void {
    this.acknowledged++
    const missing = stagesWithout(account, sequence)
    const stored = (mark & MARK.times) > 0
    if (missing === 0 && (stored || this.#truncated)) {
      this.processed++
      return
    }
    if ((mark & MARK.deadLettered) !== 0) return
    if (!stored) {
      this.lost++
      this.#example('lost', account, sequence, 'acknowledged, but not in the log')
    } else if (isPassed(account, sequence, mark)) {
      this.lost++
      this.#example(
        'lost',
        account,
        sequence,
        `in the log and committed, but never ${stageNames(account, sequence)}`,
      )
    } else {
      this.unseen++
      this.#example('unseen', account, sequence, `in the log, not yet ${stageNames(account, sequence)}`)
    }
  }

  #judgeFailed(account: StreamAccount, sequence: number, mark: number): void {
    this.failed++
    const stored = (mark & MARK.times) > 0
    if (stored) this.phantom++
    this.#example(
      'failed',
      account,
      sequence,
      stored ? 'refused, yet in the log' : 'refused, and not in the log',
    )
  }

  /** A request that made no event: there must be none. */
  #judgeAnswered(account: StreamAccount, sequence: number, mark: number): void {
    if ((mark & MARK.times) === 0) return
    this.phantom++
    this.#example('failed', account, sequence, 'answered as changing nothing, yet in the log')
  }

  #judgeIndeterminate(account: StreamAccount, sequence: number, mark: number): void {
    this.indeterminate++
    const found = (mark & MARK.times) > 0
    this.#example('indeterminate', account, sequence, found ? 'found in the log' : 'not in the log')
  }

  #judgeCopies(account: StreamAccount, sequence: number, mark: number): void {
    const times = mark & MARK.times
    let detail = times > 1 ? `${times === MARK.times ? `${times} or more` : times} times in the log` : ''
    for (let stage = 0; detail === '' && stage < account.stages.length; stage++) {
      const applied = account.effects[stage]![sequence]!
      if (applied > 1 && applied !== FOUND) detail = `${applied} times applied at ${account.stages[stage]}`
    }
    if (detail === '') return
    this.duplicated++
    this.#example('duplicated', account, sequence, detail)
  }

  #example(
    verdict: LedgerExample['verdict'],
    account: StreamAccount,
    sequence: number,
    detail: string,
  ): void {
    const shown = this.#shown.get(verdict) ?? 0
    if (shown >= MOST_EXAMPLES) return
    this.#shown.set(verdict, shown + 1)
    this.#examples.push({ verdict, traceId: this.#options.traceIdOf(account.stream, sequence), detail })
  }
}

function stagesWithout(account: StreamAccount, sequence: number): number {
  let missing = 0
  for (const effects of account.effects) if (effects[sequence] === 0) missing++
  return missing
}

/** True where a stage without an effect of the event has committed past it. */
function isPassed(account: StreamAccount, sequence: number, mark: number): boolean {
  return account.effects.some((effects, stage) => effects[sequence] === 0 && (mark & passedMark(stage)) !== 0)
}

function stageNames(account: StreamAccount, sequence: number): string {
  const missing = account.stages.filter((_, stage) => account.effects[stage]![sequence] === 0)
  return `applied at ${missing.join(' and ')}`
}
