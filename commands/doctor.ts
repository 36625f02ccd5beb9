import { renderDoctor } from '../reports/doctor.ts'
import { runDoctor } from '../src/app/doctor.ts'
import { BaseCommand } from './base-command.ts'

export default class Doctor extends BaseCommand {
  static override summary = 'What is here, what is missing, and what each missing part would unlock.'
  static override examples = ['<%= config.bin %> doctor', '<%= config.bin %> doctor --json']

  async run(): Promise<unknown> {
    await this.parse(Doctor)
    const report = await runDoctor()
    this.log(renderDoctor(report, { color: process.stdout.isTTY === true }))
    return report
  }
}
