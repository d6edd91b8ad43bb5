// The big screen: its parts are fetched again and again, a new code the moment the old one has had its time.
// A code that nobody can use any more, because the network is gone, is taken away.
import { clock } from "./room/clock.js"
import { part } from "./room/dom.js"

const LOOK_MS = 2000
const LONGEST_MS = 8000 // to wait for one answer

const screen = document.querySelector("[data-screen]")

async function look() {
  try {
    const answer = await fetch(screen.dataset.screen, { signal: AbortSignal.timeout(LONGEST_MS) })
    if (answer.redirected || [401, 403, 404].includes(answer.status)) return location.reload()
    if (answer.ok) take(new DOMParser().parseFromString(await answer.text(), "text/html"))
  } catch {
    // no network: what is shown stays while it is good
  }
  setTimeout(look, Math.min(LOOK_MS, Math.max(untilNext(), 200)))
}

/** Takes over what has changed; a code that is the same is left standing, so that it never flickers. */
function take(page) {
  const [shown, fresh] = [part("stage"), part("stage", page)]
  if (!fresh) return
  clock.set(fresh.dataset.now)
  for (const name of ["now", "until", "void"]) {
    if (name in fresh.dataset) shown.dataset[name] = fresh.dataset[name]
    else delete shown.dataset[name]
  }
  const names = all => [...all.querySelectorAll("[data-live]")].map(one => one.dataset.live).join()
  if (names(shown) !== names(fresh)) return shown.replaceWith(fresh)
  for (const now of fresh.querySelectorAll("[data-live]")) {
    const was = shown.querySelector(`[data-live="${now.dataset.live}"]`)
    if (!was.isEqualNode(now)) was.replaceWith(now)
  }
}

function untilNext() {
  const { until } = part("stage").dataset
  return until ? clock.until(until) : LOOK_MS
}

function tick() {
  const stage = part("stage")
  const face = stage.querySelector("[data-clock]")
  clock.place(face.dataset.clock)
  face.textContent = clock.time(clock.now())
  const lost = "void" in stage.dataset && clock.until(stage.dataset.void) < 0
  part("lost").hidden = !lost
  stage.toggleAttribute("data-lost", lost)
}

const fill = part("fill")
fill.hidden = !document.fullscreenEnabled
fill.addEventListener("click", () => document.documentElement.requestFullscreen())
document.addEventListener("fullscreenchange", () => screen.toggleAttribute("data-full", Boolean(document.fullscreenElement)))

clock.set(part("stage").dataset.now)
setInterval(tick, 500)
setTimeout(look, LOOK_MS)
