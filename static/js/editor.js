// The meeting's editor: while it is filled in, shows how many are expected and what the clock will do. The server
// works it out; without this the button that counts does the same.

const PAUSE = 400 // ms after the last key
const form = document.querySelector("[data-editor]")
let waiting = 0
let asked = 0

async function look(decision) {
  const mine = ++asked
  const body = new FormData(form)
  if (decision) body.append(decision.name, decision.value)
  try {
    const answer = await fetch(form.dataset.editor, {
      method: "POST",
      body,
      headers: { Accept: "application/json" },
    })
    if (!answer.ok || mine !== asked) return
    show(await answer.json())
  } catch {
    // The line is down; what was shown last stays, and the next change asks again.
  }
}

function show(ahead) {
  const open = [...form.querySelectorAll("details[id][open]")].map(part => part.id)
  const at = document.activeElement
  document.getElementById("audience").innerHTML = ahead.audience
  document.getElementById("conflicts").innerHTML = ahead.conflicts
  document.getElementById("steps").innerHTML = ahead.steps
  document.getElementById("rule").textContent = ahead.rule
  const minus = form.querySelector("[name=minus]")
  if (document.activeElement !== minus) minus.value = ahead.minus
  for (const id of open) document.getElementById(id)?.setAttribute("open", "")
  if (!at.isConnected) form.querySelector(`[name="${at.name}"][value="${at.value}"]`)?.focus()
  const commit = form.querySelector("[data-commit]")
  if (commit) commit.textContent = ahead.commit
}

if (form) {
  form.querySelector("[data-count]").hidden = true
  form.addEventListener("input", () => {
    clearTimeout(waiting)
    waiting = setTimeout(look, PAUSE)
  })
  form.addEventListener("click", event => {
    const decision = event.target.closest("[name=keep], [name=out]")
    if (!decision) return
    event.preventDefault()
    look(decision)
  })
}
