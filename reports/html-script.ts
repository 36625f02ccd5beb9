/**
 * The page's only script: read-outs at the pointer (or the arrow keys) and muting of single lines. Without it
 * the page shows the whole run's figures in the same places.
 */
export const REPORT_SCRIPT = `(() => {
  const source = document.getElementById('chart-data')
  if (!source) return
  const groups = JSON.parse(source.textContent)
  const all = (selector) => [...document.querySelectorAll(selector)]
  const rest = new Map(all('[data-value], [data-at]').map((node) => [node, node.textContent]))
  const digits = (v) => v >= 100 ? Math.round(v).toLocaleString('en-US') : v >= 10 ? v.toFixed(1) : v >= 1 ? v.toFixed(2) : v.toFixed(3)
  const ms = (v) => v == null ? '\\u2013' : v < 999.5 ? digits(v) + ' ms' : digits(v / 1000) + ' s'
  const count = (v) => v == null ? '\\u2013' : v.toLocaleString('en-US')
  const charts = all('svg.chart')
  let shown = {}

  function show(name, index) {
    const group = groups[name]
    if (!group || group.x.length === 0) return
    const i = Math.max(0, Math.min(group.x.length - 1, index))
    shown[name] = i
    for (const svg of charts) {
      if (svg.dataset.group !== name) continue
      const x0 = +svg.dataset.x0, x1 = +svg.dataset.x1
      const rule = svg.querySelector('.rule')
      const x = x0 + group.x[i] * (x1 - x0)
      rule.setAttribute('x1', x)
      rule.setAttribute('x2', x)
      rule.classList.add('on')
    }
    for (const node of all('[data-at="' + name + '"]')) node.textContent = group.at[i]
    for (const node of all('[data-value^="' + name + ':"]')) {
      const key = node.dataset.value.slice(name.length + 1)
      if (group.ms[key]) node.textContent = ms(group.ms[key][i])
      else if (group.counts[key]) node.textContent = count(group.counts[key][i])
    }
  }

  function hide(name) {
    delete shown[name]
    for (const svg of charts) if (svg.dataset.group === name) svg.querySelector('.rule').classList.remove('on')
    for (const [node, text] of rest)
      if (node.dataset.at === name || (node.dataset.value || '').startsWith(name + ':')) node.textContent = text
  }

  function nearest(svg, clientX) {
    const box = svg.getBoundingClientRect()
    const x0 = +svg.dataset.x0, x1 = +svg.dataset.x1
    const x = ((clientX - box.left) / box.width * +svg.dataset.w - x0) / (x1 - x0)
    let best = 0
    groups[svg.dataset.group].x.forEach((place, i, places) => {
      if (Math.abs(place - x) < Math.abs(places[best] - x)) best = i
    })
    return best
  }

  for (const svg of charts) {
    const name = svg.dataset.group
    svg.addEventListener('pointermove', (event) => show(name, nearest(svg, event.clientX)))
    svg.addEventListener('pointerdown', (event) => show(name, nearest(svg, event.clientX)))
    svg.addEventListener('pointerleave', () => hide(name))
    svg.addEventListener('blur', () => hide(name))
    svg.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
      if (event.key === 'Escape') return hide(name)
      if (!step) return
      event.preventDefault()
      show(name, (shown[name] ?? (step > 0 ? -1 : groups[name].x.length)) + step)
    })
  }

  for (const button of all('[data-toggle]')) {
    button.addEventListener('click', () => {
      const on = button.getAttribute('aria-pressed') !== 'true'
      button.setAttribute('aria-pressed', String(on))
      for (const line of button.closest('figure').querySelectorAll('svg .m-' + button.dataset.toggle))
        line.classList.toggle('off', !on)
    })
  }
})()
`
