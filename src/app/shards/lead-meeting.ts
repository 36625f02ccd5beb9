import { RepError } from '../../errors/rep-error.ts'
import { nowUs } from '../../kernel/time.ts'
import { bootId } from '../work/agreement.ts'
import {
  keepBeating,
  LEAD_KEY,
  type LeadNotice,
  type LeadPhase,
  MEMBER_PHASES,
  type MemberNotice,
  type MemberPhase,
  memberKey,
  NoticeBoard,
  SILENCE_MS,
} from './notice-board.ts'
import { type RunStart, readClock, type ShardStart } from './run-clock.ts'
import { agree, describeFacts } from './shard-facts.ts'
import { type MeetingOptions, newToken, PATIENCE_MS, type ShardMeeting, waitFor } from './shard-meeting.ts'

/** From the agreement to due time 0: time for every shard to hear of it and to tell its threads. */
const LEAD_US = 2_000_000

/** The first shard's side: it lets the others in, says when the run starts, and waits for the last of them. */
export class LeadMeeting implements ShardMeeting {
  readonly run = newToken()
  readonly notes: string[] = []
  readonly clockBoundUs = 0
  readonly boot = bootId()
  readonly caughtUp = null
  readonly shard
  readonly #options: MeetingOptions
  readonly #board: NoticeBoard
  readonly #others: readonly number[]
  readonly #members = new Map<number, { readonly token: string; readonly who: string; phase: MemberPhase }>()
  readonly #refused = new Set<string>()
  readonly #beating: ReturnType<typeof keepBeating>
  #phase: LeadPhase = 'gathering'
  #start: RunStart | null = null
  #drained: boolean | null = null
  #failure: unknown = null

  constructor(options: MeetingOptions) {
    this.#options = options
    this.shard = options.shard
    this.#others = Array.from({ length: options.shard.of - 1 }, (_, i) => i + 2)
    this.#board = new NoticeBoard(options.store)
    this.#beating = keepBeating(
      () => this.#beat(),
      (error) => {
        this.#failure = error
      },
    )
  }

  async prepared(): Promise<void> {
    this.#phase = 'prepared'
    if (this.#others.length > 0) this.#options.log(`waiting for ${this.#others.length} other shards`)
    await this.#allAre('joined')
  }

  async start(): Promise<ShardStart> {
    await this.#allAre('ready')
    const clock = await readClock(this.boot, () => this.#options.storeTimeUs())
    const originUs = nowUs() + LEAD_US
    const originEpochMs = Date.now() + LEAD_US / 1e3
    this.#start = { originUs, originEpochMs, clock }
    this.#phase = 'started'
    return { originUs, originEpochMs, shiftUs: 0, boundUs: 0 }
  }

  async sent(): Promise<void> {
    await this.#allAre('sent')
  }

  async drained(caughtUp: boolean): Promise<void> {
    this.#drained = caughtUp
    this.#phase = 'drained'
  }

  async stopped(): Promise<void> {
    await this.#allAre('stopped')
    this.#phase = 'closed'
    await this.#beat()
  }

  async close(): Promise<void> {
    await this.#beating.stop()
  }

  /** Before the start a shard that is gone may come again; afterwards nobody waits for it. */
  async #allAre(phase: MemberPhase): Promise<void> {
    const { signal, patienceMs = PATIENCE_MS } = this.#options
    const started = this.#start !== null
    const least = MEMBER_PHASES.indexOf(phase)
    const lacking = (): number[] =>
      this.#others.filter((index) => {
        const member = this.#members.get(index)
        if (member !== undefined && MEMBER_PHASES.indexOf(member.phase) >= least) return false
        return !(started && this.#isGone(index))
      })
    await waitFor(() => lacking().length === 0 || this.#failure !== null, {
      // The load ends by itself, and what was sent is worth its account.
      signal: started ? null : signal,
      patienceMs: started ? null : patienceMs,
      late: () => this.#missing(lacking(), phase),
    })
    if (this.#failure !== null) throw this.#failure
    for (const index of this.#others) {
      const note = `Shard ${index} was lost in the run: it has not been heard of for ${SILENCE_MS / 1e3} s.`
      if (started && this.#isGone(index) && !this.notes.includes(note)) this.notes.push(note)
    }
  }

  #missing(indexes: readonly number[], phase: MemberPhase): RepError {
    const { shard, facts } = this.#options
    const names = indexes.map((index) => `${index}/${shard.of}`).join(', ')
    const what = phase === 'joined' ? 'did not come' : 'did not get ready'
    return new RepError(
      'REP_ENVIRONMENT',
      `Of ${facts.scenario} these shards ${what}: ${names}. Start rep simulate once for each shard.`,
    )
  }

  #isGone(index: number): boolean {
    return this.#board.silentMs(memberKey(index)) >= SILENCE_MS
  }

  async #beat(): Promise<void> {
    const notices = await this.#board.read<MemberNotice>(this.#others.map(memberKey))
    this.#others.forEach((index, i) => {
      const notice = notices[i] ?? null
      if (notice !== null) this.#take(index, notice)
      else if (this.#start === null && this.#isGone(index)) this.#members.delete(index)
    })
    const members = Object.fromEntries(
      [...this.#members].map(([index, { token, who }]) => [index, { token, who }]),
    )
    const { facts } = this.#options
    const notice: LeadNotice = {
      run: this.run,
      facts,
      phase: this.#phase,
      members,
      start: this.#start,
      drained: this.#drained,
    }
    await this.#board.put(LEAD_KEY, notice)
  }

  #take(index: number, { token, who, facts, phase }: MemberNotice): void {
    const known = this.#members.get(index)
    if (known?.token === token) {
      known.phase = phase
      return
    }
    if (known === undefined && this.#start === null && agree(facts, this.#options.facts)) {
      this.#members.set(index, { token, who, phase })
      this.#options.log(`shard ${index}/${this.shard.of} is here: ${who}`)
      return
    }
    if (this.#refused.has(token)) return
    this.#refused.add(token)
    this.#options.log(`not let in: ${describeFacts(index, facts)}, ${who}`)
  }
}
