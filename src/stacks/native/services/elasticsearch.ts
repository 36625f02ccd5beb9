import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { probeElasticsearch } from '../../probes/elasticsearch.ts'
import { nativeFiles } from '../artifacts.ts'
import { logsOf } from '../log-files.ts'
import type { PlanContext } from '../plan-context.ts'
import type { ServicePlan } from '../service-plan.ts'

/** One Elasticsearch node, put in the background by its own launcher once it is ready; never as root. */
export function elasticsearchPlan(context: PlanContext, directory: string): ServicePlan {
  const { directory: stack, java, artifacts, settings, ports, uid } = context
  const place = (name: string): string => join(directory, name)
  const pidFile = place('elasticsearch.pid')
  const heap = `${settings.elasticsearchHeapMb}m`
  const [data, logs, tmp, config] = ['data', 'logs', 'tmp', 'config'].map(place) as [
    string,
    string,
    string,
    string,
  ]
  return {
    name: 'elasticsearch',
    version: artifacts.versions.elasticsearch,
    ports: [ports.elasticsearch, ports.elasticsearchTransport],
    directory,
    directories: [directory, data, logs, tmp, config, join(config, 'jvm.options.d')],
    files: {
      [join(config, 'elasticsearch.yml')]: yaml({
        'http.port': ports.elasticsearch,
        'transport.port': ports.elasticsearchTransport,
        'path.data': data,
        'path.logs': logs,
      }),
      [join(config, 'log4j2.properties')]: readFileSync(
        join(nativeFiles(), 'elasticsearch-log4j2.properties'),
        'utf8',
      ),
      [join(config, 'jvm.options')]: jvmOptions(artifacts.elasticsearch, logs),
    },
    uid,
    command: {
      program: join(artifacts.elasticsearch, 'bin/elasticsearch'),
      args: ['-d', '-p', pidFile],
      env: {
        ES_JAVA_HOME: java.home,
        ES_PATH_CONF: config,
        ES_TMPDIR: tmp,
        ES_JAVA_OPTS: `-Xms${heap} -Xmx${heap}`,
        HOME: tmp,
      },
      cwd: directory,
    },
    pidFile,
    logs: logsOf(stack, 'elasticsearch'),
    probe: (signal) => probeElasticsearch(`http://127.0.0.1:${ports.elasticsearch}`, signal),
    startLimitMs: 180_000,
  }
}

/** A JSON string is a YAML string too. */
function yaml(settings: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries(settings).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
  return `${readFileSync(join(nativeFiles(), 'elasticsearch.yml'), 'utf8')}\n${lines.join('')}`
}

/** The distribution's own options, without its garbage collection log and with crash files beside the log. */
function jvmOptions(home: string, logs: string): string {
  return readFileSync(join(home, 'config/jvm.options'), 'utf8')
    .replace(/^-Xlog:gc.*$/m, '')
    .replace(/^-XX:ErrorFile=.*$/m, `-XX:ErrorFile=${join(logs, 'crash-%p.log')}`)
    .replace(/^-XX:\+HeapDumpOnOutOfMemoryError$/m, '')
}
