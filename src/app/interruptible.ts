/** Ctrl-C and SIGTERM: the first one drains and reports, the second one ends the process at once. */
export function interruptible(log: (line: string) => void): {
  readonly signal: AbortSignal
  dispose(): void
} {
  const controller = new AbortController()
  const onSignal = (): void => {
    if (controller.signal.aborted) endAtOnce()
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

/**
 * Ends the process as Ctrl-C ends one that does not listen to it, which shells give as status 130. Leaving by
 * process.exit would end threads first, and ONNX Runtime aborts the process when one computes at that moment.
 */
function endAtOnce(): void {
  process.removeAllListeners('SIGINT')
  process.kill(process.pid, 'SIGINT')
  // Still here: the first process of a container dies of no signal.
  process.exit(130)
}
