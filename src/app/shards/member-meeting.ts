import { RepError } from '../../errors/rep-error.ts'
import { bootId } from '../work/agreement.ts'
import {
  keepBeating,
  LEAD_KEY,
  LEAD_PHASES,
  type LeadNotice,
  type LeadPhase,
  type MemberNotice,
  type MemberPhase,
  memberKey,
  NoticeBoard,
  SILENCE_MS,
} from './notice-board.ts'
import { type ClockReading, readClock, type ShardStart, startHere } from './run-clock.ts'
import { agree, describeFacts } from './shard-facts.ts'
import {
  type MeetingOptions,
  newToken,
  PATIENCE_MS,
  type ShardMeeting,
  waitFor,
  whoAmI,
} from './shard-meeting.ts'

/** The first shard gives a place up when its holder has been silent for so long; a little more, to see it happen. */
const TAKEN_MS = SILENCE_MS + 5000

/** The side of every shard but the first: it follows what the first one says. */
export class MemberMeeting implements ShardMeeting {
  readonly notes: string[] = []
  readonly boot = bootId()
  readonly shard
  run = ''
  clockBoundUs = 0
  caughtUp: boolean | null = null
  readonly #options: MeetingOptions
  readonly #board: NoticeBoard
  readonly #token = newToken()
  readonly #beating: ReturnType<typeof keepBeating>
  #phase: MemberPhase = 'joined'
  #lead: LeadNotice | null = null
  #takenSinceMs: number | null = null
  #clock: ClockReading | null = null
  #failure: unknown = null

  constructor(options: MeetingOptions) {
    this.#options = options
    this.shard = options.shard
    this.#board = new NoticeBoard(options.store)
    this.#beating = keepBeating(
      () => this.#beat(),
      (error) => {
        this.#failure = error
      },
    )
  }

  async prepared(): Promise<void> {
    const { log, shard, facts, signal, patienceMs = PATIENCE_MS } = this.#options
    log('waiting for shard 1 to prepare the stack')
    await waitFor(
      () => {
        this.#check()
        return this.#isIn() && this.#has('prepared')
      },
      {
        signal,
        patienceMs,
        late: () =>
          new RepError(
            'REP_ENVIRONMENT',
            `Shard 1 of ${facts.scenario} has not prepared the stack: start rep simulate --shard 1/${shard.of} on it.`,
          ),
      },
    )
    this.run = this.#lead!.run
    this.#clock = await readClock(this.boot, () => this.#options.storeTimeUs())
  }

  async start(): Promise<ShardStart> {
    const { signal, patienceMs = PATIENCE_MS } = this.#options
    this.#phase = 'ready'
    const gone = () =>
      new RepError('REP_ENVIRONMENT', 'Shard 1 is gone, so the run does not start: start all shards again.')
    await waitFor(
      () => {
        this.#throwFailure()
        if (this.#isLeadGone()) throw gone()
        return this.#has('started')
      },
      { signal, patienceMs, late: gone },
    )
    const start = startHere(this.#lead!.start!, this.#clock!)
    this.clockBoundUs = start.boundUs
    return start
  }

  async sent(): Promise<void> {
    this.#phase = 'sent'
    await this.#until('drained')
    this.caughtUp = this.#isLeadGone() ? null : (this.#lead?.drained ?? null)
  }

  async drained(): Promise<void> {
    // The first shard looks at the groups of all.
  }

  async stopped(): Promise<void> {
    this.#phase = 'stopped'
    await this.#until('closed')
  }

  async close(): Promise<void> {
    await this.#beating.stop()
  }

  /** Once the run has started a lost first shard is only noted: what was sent is worth its account. */
  async #until(phase: LeadPhase): Promise<void> {
    const over = (): boolean => this.#has(phase) || this.#isLeadGone() || this.#failure !== null
    await waitFor(over, { signal: null, patienceMs: null, late: () => null })
    this.#throwFailure()
    const note = 'Shard 1 was lost in the run: when the others were done is not known.'
    if (this.#isLeadGone() && !this.notes.includes(note)) this.notes.push(note)
  }

  async #beat(): Promise<void> {
    const { shard, facts } = this.#options
    const notice: MemberNotice = { token: this.#token, who: whoAmI(), facts, phase: this.#phase }
    await this.#board.put(memberKey(shard.index), notice)
    const [lead] = await this.#board.read<LeadNotice>([LEAD_KEY])
    if (lead != null) this.#lead = lead
  }

  /** Throws REP_USAGE where this shard cannot be one of the run that shard 1 gathers. */
  #check(): void {
    this.#throwFailure()
    const lead = this.#lead
    const { shard, facts, log } = this.#options
    // Before that a run is under way that has nothing to do with this one.
    if (lead === null || LEAD_PHASES.indexOf(lead.phase) >= LEAD_PHASES.indexOf('started')) return
    if (!agree(lead.facts, facts)) {
      throw new RepError(
        'REP_USAGE',
        `This is ${describeFacts(shard.index, facts)}, but the stack is prepared by ${describeFacts(1, lead.facts)}.`,
      )
    }
    const holder = lead.members[shard.index]
    if (holder === undefined || holder.token === this.#token) {
      this.#takenSinceMs = null
      return
    }
    if (this.#takenSinceMs === null) log(`shard ${shard.index}/${shard.of} is taken by ${holder.who}`)
    this.#takenSinceMs ??= performance.now()
    if (performance.now() - this.#takenSinceMs > TAKEN_MS)
      throw new RepError('REP_USAGE', `Shard ${shard.index}/${shard.of} is taken by ${holder.who}.`)
  }

  #isIn(): boolean {
    return this.#lead?.members[this.shard.index]?.token === this.#token
  }

  #has(phase: LeadPhase): boolean {
    const lead = this.#lead
    if (lead === null || (this.run !== '' && lead.run !== this.run)) return false
    return LEAD_PHASES.indexOf(lead.phase) >= LEAD_PHASES.indexOf(phase)
  }

  #isLeadGone(): boolean {
    return this.#board.silentMs(LEAD_KEY) >= SILENCE_MS || (this.run !== '' && this.#lead?.run !== this.run)
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure
  }
}
