// What every page does by itself. All pages work without it.
import "./appearance.js"
import "./bell.js"
import "./forms.js"
import "./ruler.js"

addEventListener("click", event => {
  const button = event.target.closest("button")
  if (button?.matches("[data-print]")) print()
  if (button?.matches("[data-back]")) history.back()
  for (const menu of document.querySelectorAll(".tabbar details[open]")) {
    if (!menu.contains(event.target)) menu.open = false
  }
})

addEventListener("keydown", event => {
  const open = event.key === "Escape" && event.target.closest("details.confirm[open], .tabbar details[open]")
  if (!open) return
  open.open = false
  open.querySelector("summary").focus()
})

for (const button of document.querySelectorAll("[data-back]")) button.hidden = history.length < 2
