// Moves the rulers' mark along. Where it stands is reckoned as in the macro `ruler`, by the server's clock.

const clamp = share => Math.min(Math.max(share, 0), 1)

/** Where an instant (ms) stands on the ruler, in per cent of its width. */
function position(ruler, at) {
  const [lobby, opens, closes] = ["lobby", "opens", "closes"].map(name => Date.parse(ruler.dataset[name]))
  const wait = Number(ruler.dataset.wait)
  if (at < opens) return wait ? wait * clamp((at - lobby) / (opens - lobby)) : 0
  return wait + (100 - wait) * clamp((at - opens) / (closes - opens))
}

/** Draws the ruler for that instant (ms); its data-lobby, data-opens and data-closes may have changed. */
export function draw(ruler, at) {
  const place = position(ruler, at)
  const past = ruler.querySelector(".past")
  past.setAttribute("width", `${Math.max(place - Number(ruler.dataset.wait), 0)}%`)
  const now = ruler.querySelector(".now")
  now.setAttribute("x", `${place}%`)
  now.setAttribute("visibility", at < Date.parse(ruler.dataset.lobby) ? "hidden" : "visible")
}

for (const ruler of document.querySelectorAll(".ruler[data-now]")) {
  const ahead = Date.parse(ruler.dataset.now) - Date.now()
  setInterval(() => draw(ruler, Date.now() + ahead), 5000)
}
