// Files are sent one by one, each with a bar of its own; they may also be dropped on the form.
// Without this the form sends all of them at once.

import { t } from "./i18n.js"

for (const form of document.querySelectorAll("form[data-upload]")) {
  const input = form.querySelector("input[type=file]")
  const list = form.querySelector("[data-part=files]")

  form.addEventListener("submit", event => {
    event.preventDefault()
    if (!form.dataset.busy && input.files.length) sendAll([...input.files])
  })
  form.addEventListener("dragover", event => event.preventDefault())
  form.addEventListener("drop", event => {
    event.preventDefault()
    if (!form.dataset.busy && event.dataTransfer.files.length) sendAll([...event.dataTransfer.files])
  })

  async function sendAll(files) {
    form.dataset.busy = "yes"
    list.hidden = false
    list.replaceChildren()
    const lines = files.map(line)
    let failed = 0
    for (const [at, file] of files.entries()) if (!(await send(file, lines[at]))) failed += 1
    delete form.dataset.busy
    if (!failed) return location.reload()
    input.value = ""
    if (failed < files.length) list.append(again())
  }

  function line(file) {
    const item = document.createElement("li")
    const name = document.createElement("p")
    const bar = document.createElement("progress")
    name.textContent = file.name
    bar.max = 1
    bar.value = 0
    bar.setAttribute("aria-label", file.name)
    item.append(name, bar)
    list.append(item)
    return item
  }

  function send(file, item) {
    const bar = item.querySelector("progress")
    const body = new FormData(form)
    body.delete("file")
    body.append("file", file)
    const request = new XMLHttpRequest()
    request.open("POST", form.action)
    request.setRequestHeader("Accept", "application/json")
    request.upload.onprogress = event => { if (event.lengthComputable) bar.value = event.loaded / event.total }
    return new Promise(done => {
      request.onloadend = () => {
        const refusal = why(request)
        bar.replaceWith(note(refusal || t("Kept"), refusal ? "wrong" : "good"))
        done(!refusal)
      }
      request.send(body)
    })
  }

  /** What was wrong, or nothing. */
  function why(request) {
    try {
      const answer = JSON.parse(request.responseText)
      if (answer.ok) return ""
      return (answer.files ? answer.files[0].error : answer.error).message
    } catch {
      return t("This file did not arrive. Please send it again.")
    }
  }

  function note(text, kind) {
    const said = document.createElement("p")
    said.className = kind
    said.setAttribute("role", "status")
    said.textContent = text
    return said
  }

  function again() {
    const item = document.createElement("li")
    const link = document.createElement("a")
    link.className = "button"
    link.href = location.pathname
    link.textContent = t("Show what is kept")
    item.append(link)
    return item
  }
}
