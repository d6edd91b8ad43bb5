// One meeting as it stands in the calendar: its time, its state as shape and word, its name as a link.
import { t } from "../i18n.js"

const USUAL = ["scheduled", "settled", "archived"] // states whose word would only repeat what one expects

/** The classes of an entry, by its state. */
export function tone({ event }) {
  const { state, mine } = event.extendedProps
  return state ? `entry ${state}${mine ? " mine" : ""}` : ""
}

/** What stands in an entry. Marked days have their own title. */
export function drawn({ event, timeText, view }) {
  const { state, word, page, move, host, place, venues, series } = event.extendedProps
  if (!state) return event.title
  const agenda = view.type.startsWith("list")
  const time = made("span", "num", timeText)
  const shape = made("span", "state", agenda || !USUAL.includes(state) ? word : "")
  shape.dataset.is = state
  if (!shape.textContent) shape.title = word
  const title = made("a", "song", event.title)
  title.href = page
  title.draggable = false
  title.title = [timeText, event.title, word, host, place].filter(Boolean).join(" · ")
  const name = made("span", "title", "")
  name.append(title)
  const parts = [time, shape, name]
  const more = [agenda && host, place, venues, series && t("one of a series")].filter(Boolean)
  if (more.length && view.type !== "dayGridMonth") parts.push(made("span", "soft more", more.join(" · ")))
  if (move) parts.push(mover(move, agenda, event.title))
  const whole = made("div", agenda ? "entry-in listed" : "entry-in", "")
  whole.append(...parts)
  return { domNodes: [whole] }
}

/** The way to the page that asks for another time; outside the agenda only for those who come by keyboard. */
function mover(move, agenda, title) {
  const link = made("a", agenda ? "button" : "button by-key", t("Move"))
  link.href = move
  link.draggable = false
  link.setAttribute("aria-label", t("Move “%(title)s”", { title }))
  return link
}

function made(name, classes, text) {
  const element = document.createElement(name)
  element.className = classes
  element.textContent = text
  return element
}
