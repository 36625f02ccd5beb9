/** Ctrl-C and SIGTERM: the first one drains and reports, the second one ends the process at once. */
export function interruptible(log: (line: string) => void): {
  readonly signal: AbortSignal
  dispose(): void
} {
  const controller = new AbortController()
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(130)
    log('Stopping: draining what was sent, then the report. Again to stop at once.')
    controller.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    signal: controller.signal,
    dispose: () => {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}
