// A meeting that was dragged: asks before it is really moved, and puts it back where one says no.
import { t } from "../i18n.js"

export class Moving {
  /** `changed()` is told when the calendar should look at the meetings anew. */
  constructor(dialog, csrf, changed) {
    Object.assign(this, { dialog, csrf, changed })
    this.parts = Object.fromEntries([...dialog.querySelectorAll("[data-part]")].map(one => [one.dataset.part, one]))
    this.reason = dialog.querySelector("[name=reason]")
    this.parts.yes.addEventListener("click", () => this._move())
    this.dialog.querySelector("form").addEventListener("submit", event => {
      if (event.submitter === this.parts.yes || document.activeElement === this.reason) {
        event.preventDefault()
        this._move()
      }
    })
    dialog.addEventListener("close", () => this._closed())
  }

  /** `info` is what FullCalendar says of a drop or of a new length. */
  async ask(info) {
    if (this.info || info.event.allDay) return info.revert()
    this.info = info
    this.moved = false
    const { event } = info
    this.times = { opens_at: event.start.toISOString(), closes_at: event.end.toISOString() }
    this.reason.value = ""
    this.parts.title.textContent = event.title
    const found = await this._call(`?${new URLSearchParams(this.times)}`)
    this._shows(found)
    this.dialog.showModal()
    if (found.ok) this.parts.yes.focus()
  }

  _shows({ ok, error, old = "", new: later = "", told = "", again = "", warnings = [] }) {
    const { parts } = this
    parts.old.textContent = old
    parts.new.textContent = later
    parts.told.textContent = [told, again].filter(Boolean).join(" ")
    parts.warnings.replaceChildren(...warnings.map(text => Object.assign(document.createElement("li"), { textContent: text })))
    parts.refused.textContent = ok ? "" : error.message
    parts.refused.hidden = ok
    for (const name of ["times", "told", "why", "yes"]) parts[name].hidden = !ok
  }

  async _move() {
    if (this.parts.yes.hasAttribute("aria-busy")) return
    this.parts.yes.setAttribute("aria-busy", "true")
    const body = { ...this.times, version: this.info.event.extendedProps.version, reason: this.reason.value }
    const answer = await this._call("", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": this.csrf },
      body: JSON.stringify(body),
    })
    this.parts.yes.removeAttribute("aria-busy")
    this.moved = answer.ok
    if (answer.ok) this.dialog.close()
    else this._shows(answer)
  }

  _closed() {
    const { info, moved } = this
    this.info = null
    if (!moved) info.revert()
    else document.querySelector("[data-said-aloud]").textContent = t("The meeting is rescheduled.")
    if (moved || !this.parts.refused.hidden) this.changed()
  }

  async _call(query, options = {}) {
    const headers = { Accept: "application/json", ...options.headers }
    try {
      const answer = await fetch(`/calendar/meetings/${this.info.event.id}/move${query}`, { ...options, headers })
      return await answer.json()
    } catch {
      return { ok: false, error: { message: t("The server can't be reached. The meeting stays where it was.") } }
    }
  }
}
