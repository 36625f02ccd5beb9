import { expect, test } from 'vitest'
import { rehearseElasticsearch } from '../../src/stacks/rehearse-elasticsearch.ts'
import type { StackDescription } from '../../src/stacks/stack-description.ts'
import { describeService } from '../fixtures/native-service.ts'

describeService('REP_TEST_ELASTICSEARCH', (elasticsearch) => {
  test('a rehearsal that is interrupted leaves no index behind, and one of a warm node writes nothing', async () => {
    const stop = new AbortController()
    let told = 0
    const rehearsal = rehearseElasticsearch({ elasticsearch } as StackDescription, {
      signal: stop.signal,
      onCold: (documents) => {
        told = documents
        setTimeout(() => stop.abort(), 500)
      },
    })
    const ended = await rehearsal.then(
      () => 'done',
      (error: Error) => error.name,
    )
    expect(ended).toBe(told > 0 ? 'AbortError' : 'done')
    const answer = await fetch(`${elasticsearch}/_cat/indices/rehearsal*?h=index&expand_wildcards=all`)
    expect((await answer.text()).trim()).toBe('')
  })
})
