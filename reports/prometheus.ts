import type { RunRecord } from '../src/measure/run-record.ts'
import { measuresOf, PERCENTILES } from './measure-text.ts'

type Labels = Readonly<Record<string, string>>

interface Family {
  readonly name: string
  readonly help: string
  readonly samples: readonly { readonly labels?: Labels; readonly value: number | null }[]
}

/**
 * The run's final figures in Prometheus' text exposition format (0.0.4): gauges in base units, labelled with
 * run and scenario. A figure with too few samples is absent.
 */
export function renderPrometheus(record: RunRecord): string {
  const common = { run: record.id, scenario: record.scenario }
  return [...runFamilies(record), ...latencyFamilies(record), ...accountFamilies(record)]
    .map((family) => renderFamily(family, common))
    .join('')
}

function runFamilies(record: RunRecord): Family[] {
  const { load } = record
  const verdicts = ['pass', 'fail', 'invalid', 'loss'] as const
  const lag = load.scheduleLagMs
  return [
    family('rep_run_valid', 'Whether the generator kept its schedule.', record.valid ? 1 : 0),
    {
      name: 'rep_run_verdict',
      help: 'Verdict of the run: 1 for the one that it has.',
      samples: verdicts.map((verdict) => ({
        labels: { verdict },
        value: verdict === record.verdict ? 1 : 0,
      })),
    },
    family('rep_run_finished_timestamp_seconds', 'When the run ended.', Date.parse(record.finishedAt) / 1000),
    family('rep_load_target_rate', 'Events a second asked for.', load.targetTps),
    family('rep_load_achieved_rate', 'Events a second sent in the measured part.', load.achievedTps),
    family('rep_load_offered_events', 'Events that the schedule held in the measured part.', load.offered),
    family('rep_load_sent_events', 'Events sent in the measured part.', load.sent),
    family('rep_load_failed_events', 'Events that could not be sent.', load.failed),
    {
      name: 'rep_schedule_lag_seconds',
      help: 'Send time minus due time.',
      samples: [
        { labels: { quantile: '0.5' }, value: seconds(lag.p50) },
        { labels: { quantile: '0.99' }, value: seconds(lag.p99) },
        { labels: { quantile: '1' }, value: seconds(lag.max) },
      ],
    },
  ]
}

function latencyFamilies(record: RunRecord): Family[] {
  const measures = measuresOf(record)
  const latencies = measures.flatMap(({ name, figures }) =>
    [
      { basis: 'due', percentiles: figures },
      { basis: 'send', percentiles: figures.sendToDone },
    ].flatMap(({ basis, percentiles }) => [
      ...PERCENTILES.map(({ key, share }) => ({
        labels: { measure: name, basis, quantile: String(share) },
        value: seconds(percentiles[key]),
      })),
      { labels: { measure: name, basis, quantile: '1' }, value: seconds(percentiles.maxMs) },
    ]),
  )
  return [
    {
      name: 'rep_latency_seconds',
      help: 'Latency to done, from the due or the send time.',
      samples: latencies,
    },
    {
      name: 'rep_latency_samples',
      help: 'Samples behind the latencies from the due time.',
      samples: measures.map(({ name, figures }) => ({ labels: { measure: name }, value: figures.count })),
    },
    {
      name: 'rep_objective_met',
      help: 'Whether the objective was met.',
      samples: record.objectives.map(({ text, met }) => ({
        labels: { objective: text },
        value: met ? 1 : 0,
      })),
    },
  ]
}

function accountFamilies({ ledger, resources }: RunRecord): Family[] {
  const { clean, examples: _, ...counts } = ledger
  const perName = (pick: (used: (typeof resources)[number]) => number | null) =>
    resources.map((used) => ({ labels: { name: used.name, kind: used.kind }, value: pick(used) }))
  return [
    {
      name: 'rep_ledger_events',
      help: 'Events of the run by their state in the ledger.',
      samples: Object.entries(counts).map(([state, value]) => ({ labels: { state }, value })),
    },
    family('rep_ledger_clean', 'Whether no event was lost, duplicated or reordered.', clean ? 1 : 0),
    { name: 'rep_cpu_seconds', help: 'CPU time used.', samples: perName(({ cpuSeconds }) => cpuSeconds) },
    {
      name: 'rep_peak_memory_bytes',
      help: 'Most resident memory.',
      samples: perName(({ peakRssBytes }) => peakRssBytes),
    },
  ]
}

function family(name: string, help: string, value: number | null): Family {
  return { name, help, samples: [{ value }] }
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : Number((ms / 1000).toPrecision(12))
}

function renderFamily({ name, help, samples }: Family, common: Labels): string {
  const known = samples.filter(({ value }) => value !== null && Number.isFinite(value))
  if (known.length === 0) return ''
  const lines = known.map(
    ({ labels, value }) => `${name}{${renderLabels({ ...common, ...labels })}} ${value}\n`,
  )
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join('')}`
}

function renderLabels(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(',')
}

function escapeLabel(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')
}
