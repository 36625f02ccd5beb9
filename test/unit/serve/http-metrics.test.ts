import { expect, test } from 'vitest'
import { HttpMetrics } from '../../../src/serve/http-metrics.ts'

test('buckets are cumulative, bounds inclusive, and the last one holds every request', () => {
  const metrics = new HttpMetrics()
  for (const seconds of [0.0005, 0.0006, 0.004, 9]) metrics.request('/a', 200, seconds)
  metrics.request('/a', 404, 0.0001)
  const lines = metrics.text().split('\n')
  const bucket = (bound: string): string =>
    `rep_http_request_duration_seconds_bucket{route="/a",le="${bound}"}`
  expect(lines).toEqual(
    expect.arrayContaining([
      'rep_http_requests_total{route="/a",status="200"} 4',
      'rep_http_requests_total{route="/a",status="404"} 1',
      `${bucket('0.0005')} 2`,
      `${bucket('0.001')} 3`,
      `${bucket('0.005')} 4`,
      `${bucket('2.5')} 4`,
      `${bucket('+Inf')} 5`,
      'rep_http_request_duration_seconds_count{route="/a"} 5',
    ]),
  )
})

test('labels are escaped, and the text ends with a line feed', () => {
  const metrics = new HttpMetrics()
  metrics.recommended('a"b\\c\nd')
  expect(metrics.text()).toContain('rep_recommendations_total{path="a\\"b\\\\c\\nd"} 1\n')
})
