import { paintOf } from './ansi.ts'

/** What the doctor found, as far as it is shown. */
export interface ShownDoctorReport {
  readonly rep: string
  readonly platform: string
  readonly ready: boolean
  readonly checks: readonly {
    readonly title: string
    readonly status: keyof typeof MARKS
    readonly version: string | null
    readonly detail: string
    readonly unlocks: string
    readonly remedy: string | null
  }[]
}

const MARKS = { found: '✓', weak: '!', unusable: '✗', missing: '–' } as const
const COLUMN = 18

/** What the doctor found, one line a part; what is missing says what it would unlock and how to get it. */
export function renderDoctor(report: ShownDoctorReport, options: { readonly color: boolean }): string {
  const paint = paintOf(options.color)
  const colours = { found: paint.green, weak: paint.yellow, unusable: paint.red, missing: paint.dim } as const
  const indent = ' '.repeat(COLUMN + 2)
  const lines = report.checks.flatMap(({ title, status, version, detail, unlocks, remedy }) => {
    const head = `${colours[status](MARKS[status])} ${title.padEnd(COLUMN)}`
    const facts = [version, detail].filter((text) => text !== null && text !== '').join('  ')
    if (status === 'found') return [`${head}${facts}`]
    const advice = [`unlocks ${unlocks}`, ...(remedy === null ? [] : [remedy])]
    return [`${head}${facts === '' ? status : facts}`, ...advice.map((text) => paint.dim(`${indent}${text}`))]
  })
  const verdict = report.ready
    ? 'Ready: rep simulate runs on the embedded stack.'
    : 'Not ready: the parts marked ✗ are needed.'
  return [`rep ${report.rep}, ${report.platform}`, '', ...lines, '', verdict].join('\n')
}
