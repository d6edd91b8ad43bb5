// Draws a table as a chart above it. The table is what counts; a chart only shows its numbers, so it is drawn
// late: when it comes into sight, with ECharts loaded then.
const script = document.querySelector("script[data-echarts]")
const CALM = matchMedia("(prefers-reduced-motion: reduce)").matches
const FEW = 6 // rows that colours can tell apart

for (const figure of document.querySelectorAll("[data-chart]")) {
  const seen = new IntersectionObserver(async ([entry]) => {
    if (!entry.isIntersecting) return
    seen.disconnect()
    const echarts = await import(script.dataset.echarts)
    show(echarts, figure)
  }, { rootMargin: "200px" })
  seen.observe(figure)
}

function show(echarts, figure) {
  const read = numbers(document.getElementById(figure.dataset.of))
  if (!read.rows.length) return figure.remove()
  figure.classList.add("drawn")
  if (figure.dataset.chart === "bars") figure.dataset.rows = Math.min(Math.ceil(read.rows.length / 4), 10)
  const chart = echarts.init(figure, null, { renderer: "canvas", devicePixelRatio: Math.max(devicePixelRatio, 2) })
  const draw = () => chart.setOption(options(figure, read), true)
  draw()
  new ResizeObserver(() => chart.resize()).observe(figure)
  const themed = new MutationObserver(draw) // light and dark have colours of their own
  themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme", "data-text"] })
}

/** What the table says: the names of rows and columns, and the numbers of the cells that carry one. */
function numbers(table) {
  const columns = [...table.querySelectorAll("thead [data-column], thead [data-before]")].map(cell => cell.textContent)
  const rows = [...table.tBodies[0].rows].map(row => ({
    name: row.cells[0].textContent,
    values: [...row.querySelectorAll("[data-value]")].map(cell => cell.dataset.value === "" ? null : Number(cell.dataset.value)),
  }))
  return { columns, rows }
}

function options(figure, { columns, rows }) {
  const css = getComputedStyle(document.documentElement)
  const token = name => css.getPropertyValue(name).trim()
  const size = Math.round(parseFloat(css.fontSize) * .875)
  const text = { color: token("--ink-2"), fontSize: size, fontFamily: getComputedStyle(document.body).fontFamily }
  const share = figure.dataset.share === "yes"
  const valued = number => share ? `${(number * 100).toFixed(1)}%` : String(number)
  const axis = { axisLabel: { ...text, hideOverlap: true }, axisLine: { lineStyle: { color: token("--line-strong") } }, splitLine: { lineStyle: { color: token("--line") } } }
  const common = {
    animation: !CALM,
    textStyle: text,
    color: ["--accent", "--warn", "--ok", "--excused", "--ink-3", "--bad"].map(token),
    tooltip: { renderMode: "richText", trigger: "axis", axisPointer: { type: "shadow" }, backgroundColor: token("--surface"), borderColor: token("--line-strong"), textStyle: { ...text, color: token("--ink") }, valueFormatter: number => number === null ? "–" : valued(number) },
    grid: { left: 8, right: 24, top: columns.length > 1 ? 44 : 16, bottom: 8, containLabel: true },
    legend: { top: 4, type: "scroll", textStyle: text, pageTextStyle: text, pageIconColor: token("--accent"), pageIconInactiveColor: token("--line") },
  }
  const amounts = { type: "value", max: share ? 1 : undefined, minInterval: share ? undefined : 1, ...axis, axisLabel: { ...text, formatter: valued } }
  if (figure.dataset.chart === "bars") {
    const series = columns.map((name, place) => ({ name, type: "bar", barGap: "10%", data: rows.map(row => row.values[place]), itemStyle: place ? { color: token("--line-strong") } : {} }))
    return { ...common, xAxis: amounts, yAxis: { type: "category", inverse: true, data: rows.map(row => row.name), ...axis }, series }
  }
  const stacked = "stacked" in figure.dataset
  if (rows.length <= FEW) {
    const series = rows.map(row => ({ name: row.name, type: "bar", stack: stacked ? "all" : undefined, data: row.values }))
    return { ...common, xAxis: { type: "category", data: columns, ...axis }, yAxis: amounts, series }
  }
  return heat(common, axis, token, columns, rows, valued)
}

/** More rows than colours can tell apart: a field of one colour, darker for more. */
function heat(common, axis, token, columns, rows, valued) {
  const cells = rows.flatMap((row, y) => row.values.map((value, x) => [x, y, value]))
  const most = Math.max(...cells.map(cell => cell[2] ?? 0), 0.0001)
  return {
    ...common,
    legend: { show: false },
    tooltip: { ...common.tooltip, trigger: "item", formatter: ({ data: [x, y, value] }) => `${rows[y].name} · ${columns[x]}  ${value === null ? "–" : valued(value)}` },
    xAxis: { type: "category", data: columns, ...axis },
    yAxis: { type: "category", inverse: true, data: rows.map(row => row.name), ...axis },
    visualMap: { show: false, min: 0, max: most, inRange: { color: [token("--accent-soft"), token("--accent")] } },
    series: [{ type: "heatmap", data: cells, itemStyle: { borderColor: token("--surface"), borderWidth: 2 } }],
  }
}
