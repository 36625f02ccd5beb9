/**
 * Options of a JVM that lives for minutes and shares a few cores with what it serves. Code is compiled by the optimizing
 * compiler when it has run ten times as often as by default: what handles records gets there within seconds all the
 * same, while thousands of methods that run a few times a request no longer take their turn for minutes, which was half
 * of all that Elasticsearch cost (docs/performance.md).
 */
export const COMPILE_LATE = [
  '-XX:Tier4InvocationThreshold=50000',
  '-XX:Tier4MinInvocationThreshold=6000',
  '-XX:Tier4CompileThreshold=150000',
  '-XX:Tier4BackEdgeThreshold=400000',
] as const
