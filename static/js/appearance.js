// The buttons for the size of text and for light or dark; device.js applies what is chosen.
import { t } from "./i18n.js"

const SIZES = ["100", "125", "150", "170"]

const remembered = name => {
  try { return localStorage.getItem(name) } catch { return null }
}

function choose(name, value) {
  try { localStorage.setItem(name, value) } catch { /* then it lasts as long as the page */ }
  dispatchEvent(new CustomEvent("device-changed", { detail: { [name]: value } }))
}

function sayAloud(text) {
  const place = document.querySelector("[data-said-aloud]")
  if (place) place.textContent = text
}

function enlarge() {
  const now = SIZES.indexOf(document.documentElement.dataset.text || "100")
  const next = SIZES[(now + 1) % SIZES.length]
  choose("text", next)
  sayAloud(t("Text size %(size)s", { size: `${next}%` }))
}

for (const button of document.querySelectorAll("[data-text-size]")) {
  button.hidden = false
  button.addEventListener("click", enlarge)
}

for (const group of document.querySelectorAll("[data-theme-switch]")) {
  const buttons = group.querySelectorAll("button")
  const show = chosen => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.value === chosen))
  }
  for (const button of buttons) button.addEventListener("click", () => choose("theme", button.value))
  addEventListener("device-changed", ({ detail }) => detail.theme && show(detail.theme))
  show(remembered("theme") || "auto")
  group.hidden = false
}
