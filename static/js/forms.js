// Forms: sent once, and brought to what is wrong in them. All of them work without this.

const sent = new WeakSet()

// A second press while the first is on its way would send it twice; after a while it may be tried again.
addEventListener("submit", event => {
  if (event.defaultPrevented) return
  const form = event.target
  if (form.method !== "post") return
  if (sent.has(form)) return event.preventDefault()
  sent.add(form)
  event.submitter?.setAttribute("aria-busy", "true")
  setTimeout(free, 10000, form)
})

// Going back to a kept page finds its buttons as they were.
addEventListener("pageshow", event => {
  if (event.persisted) document.querySelectorAll("form").forEach(free)
})

function free(form) {
  sent.delete(form)
  for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy")
}

document.querySelector("[data-take-focus]")?.focus()
