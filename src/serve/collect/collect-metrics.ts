import type { Collect } from '../../stages/collect/open-collect.ts'

/** The collector's counts in Prometheus' text format. */
export function collectMetrics({ collector, spool, intake }: Collect): string[] {
  const { actions, custom, rejected, failed } = collector.counts
  const events = 'rep_collect_events_total'
  return [
    `# HELP ${events} Events by what became of them.`,
    `# TYPE ${events} counter`,
    `${events}{result="action"} ${actions}`,
    `${events}{result="custom"} ${custom}`,
    `${events}{result="rejected"} ${rejected}`,
    `${events}{result="failed"} ${failed}`,
    '# HELP rep_collect_spool_bytes Bytes on disk that wait for the event log.',
    '# TYPE rep_collect_spool_bytes gauge',
    `rep_collect_spool_bytes ${spool.bytes}`,
    '# HELP rep_collect_spool_refused_total Acknowledged events that the event log refused; bad events hold them.',
    '# TYPE rep_collect_spool_refused_total counter',
    `rep_collect_spool_refused_total ${intake.counts.refused}`,
  ]
}
