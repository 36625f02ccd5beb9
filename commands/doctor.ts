import { renderDoctor } from '../reports/doctor.ts'
import { runDoctor } from '../src/app/doctor.ts'
import { CODES } from '../src/errors/codes.ts'
import { BaseCommand } from './base-command.ts'

export default class Doctor extends BaseCommand {
  static override summary = 'What is here, what is missing, and what each missing part would unlock.'
  static override description =
    'Looks at Node.js, the native packages, disk, CPU and memory, and at what the other stacks need. Changes nothing. ' +
    'Its last line, and ready under --json, say whether rep simulate can run on the embedded stack; exit status 3 when it cannot.'
  static override examples = ['<%= config.bin %> doctor', '<%= config.bin %> doctor --json']

  async run(): Promise<unknown> {
    await this.parse(Doctor)
    const report = await runDoctor()
    if (!report.ready) process.exitCode = CODES.REP_ENVIRONMENT.exit
    this.log(renderDoctor(report, { color: process.stdout.isTTY === true }))
    return report
  }
}
