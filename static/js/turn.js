// Loads the page anew when the meeting on it turns: the lobby opens, the meeting starts or ends.

const LONGEST = 12 * 3600 * 1000 // ms; who keeps a page open for longer loads it himself
const SPREAD = 3000 // ms over which many pages come back

const part = document.querySelector("[data-turns-at]")
const wait = part ? Date.parse(part.dataset.turnsAt) - Date.parse(part.dataset.now) : Infinity
if (wait > 0 && wait < LONGEST) setTimeout(() => location.reload(), wait + Math.random() * SPREAD)
