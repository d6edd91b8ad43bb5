// The calendar page: FullCalendar in the site's zone, and what is chosen kept in the address.
import { drawn, tone } from "./entry.js"
import { Moving } from "./moving.js"
import { t } from "../i18n.js"

const NARROW = matchMedia("(max-width: 767px)").matches // where seven columns of hours can't be read
const VIEWS = { month: "dayGridMonth", week: NARROW ? "listWeek" : "timeGridWeek", agenda: "listMonth" }
const CLOCK = { hour: "2-digit", minute: "2-digit", hour12: false }
const box = document.querySelector("[data-calendar]")
const filters = box.querySelector("[data-calendar-filters]")
const more = box.querySelector("[data-calendar-more]")
const failed = box.querySelector("[data-calendar-failed]")
const ask = document.querySelector("[data-calendar-ask]")
const DAY = new Intl.DateTimeFormat("sv-SE", { timeZone: box.dataset.zone }) // which writes 2026-03-10
const asked = new URLSearchParams(location.search)

const first = VIEWS[asked.get("view")] || VIEWS[NARROW ? "agenda" : "month"]
const calendar = new FullCalendar.Calendar(box.querySelector("[data-calendar-body]"), {
  className: "calendar-grid",
  locale: box.dataset.language,
  timeZone: box.dataset.zone,
  firstDay: 1,
  headerToolbar: false,
  eventsHint: t("Meetings"),
  initialView: first,
  height: height(first),
  initialDate: /^20\d\d-\d\d-\d\d$/.test(asked.get("date")) ? asked.get("date") : box.dataset.today,
  views: { timeGridWeek: { titleFormat: { year: "numeric", month: "long", day: "numeric" } } },
  dayMaxEvents: 3,
  nowIndicator: true,
  scrollTime: "08:00",
  slotEventOverlap: false,
  snapDuration: "00:15",
  slotHeaderFormat: CLOCK,
  eventTimeFormat: CLOCK,
  eventDisplay: "block",
  forceEventDuration: true,
  eventColor: "var(--entry)",
  eventContrastColor: "var(--ink)",
  eventClass: tone,
  eventContent: drawn,
  listItemEventBeforeClass: "no-dot",
  dayCellTopInnerClass: info => info.isToday ? "today" : "",
  backgroundEventClass: info => `mark ${info.event.extendedProps.kind}`,
  longPressDelay: 600,
  events: fetched,
  eventDrop: info => moving.ask(info),
  eventResize: info => moving.ask(info),
  eventDragStart: () => { box.dataset.dragging = "" },
  eventDragStop: () => setTimeout(() => delete box.dataset.dragging),
  datesSet: shown,
})
const moving = ask && new Moving(ask, box.dataset.csrf, () => calendar.refetchEvents())

async function fetched({ startStr, endStr }) {
  const query = chosen()
  query.set("start", startStr.slice(0, 10))
  query.set("end", endStr.slice(0, 10))
  try {
    const answer = await fetch(`${box.dataset.events}?${query}`, { headers: { Accept: "application/json" } })
    if (!answer.ok) throw new Error(answer.status)
    failed.hidden = true
    return await answer.json()
  } catch (error) {
    failed.hidden = false
    throw error
  }
}

/** A week's hours scroll, beginning with the working day; the others are as long as they are. */
function height(view) {
  return view === "timeGridWeek" ? 760 : "auto"
}

/** What the filters say, without those that say nothing. */
function chosen() {
  return new URLSearchParams([...new FormData(filters)].filter(([, value]) => value))
}

function shown({ view }) {
  box.querySelector("[data-calendar-title]").textContent = view.title
  for (const button of box.querySelectorAll("[data-view]")) {
    button.setAttribute("aria-pressed", VIEWS[button.dataset.view] === view.type)
  }
  const query = chosen()
  query.set("view", Object.keys(VIEWS).find(name => VIEWS[name] === view.type))
  query.set("date", DAY.format(calendar.getDate()))
  history.replaceState(null, "", `?${query}`)
}

box.addEventListener("click", event => {
  const { go, view } = event.target.closest("button")?.dataset || {}
  if (go) calendar[go]()
  if (!view) return
  calendar.changeView(VIEWS[view])
  calendar.setOption("height", height(VIEWS[view]))
})

// A link that was dragged along isn't followed where it is let go.
box.addEventListener("click", event => {
  if ("dragging" in box.dataset && event.target.closest("a")) event.preventDefault()
}, true)

filters.addEventListener("submit", event => event.preventDefault())
filters.addEventListener("change", () => {
  shown(calendar)
  calendar.refetchEvents()
})

more.hidden = false
more.open = !NARROW || [...chosen()].length > 0 // on phones the meetings come first
for (const part of box.querySelectorAll("[data-calendar-bar], [data-calendar-key]")) part.hidden = false
calendar.render()
box.querySelector("[data-calendar-notice]").remove()
