// How far a task is, asked again and again while somebody looks; the page is loaded anew once it has ended.

const FIRST = 700 // ms between two questions, which grows
const LONGEST = 10000

const part = document.querySelector("[data-progress]")
const bar = part.querySelector("progress")
const words = part.querySelector("[data-part=words]")
let wait = FIRST
let timer = 0

async function ask() {
  if (document.hidden) return
  try {
    const answer = await fetch(part.dataset.progress, { headers: { Accept: "application/json" } })
    const said = await answer.json()
    if (said.ended || (!answer.ok && answer.status < 500)) return location.reload()
    if (!answer.ok) throw new Error(said.error.code)
    if (said.words !== words.textContent) wait = FIRST
    words.textContent = said.words
    if (said.total) Object.assign(bar, { max: said.total, value: said.done })
  } catch {
    // the network or the server is away; it is asked again
  }
  wait = Math.min(wait * 1.4, LONGEST)
  timer = setTimeout(ask, wait)
}

document.addEventListener("visibilitychange", () => {
  clearTimeout(timer)
  wait = FIRST
  if (!document.hidden) ask()
})
timer = setTimeout(ask, wait)
