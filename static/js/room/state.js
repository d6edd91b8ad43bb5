// What the meeting's state shows and hides: hall or log, composer or the word that it is over; time that is left.
import { draw } from "../ruler.js";
import { t } from "../i18n.js";
import { clock, countdown } from "./clock.js";
import { part, sayAloud } from "./dom.js";

const OVER = ["closed", "settled", "archived"];
const COUNTS = ["lobby", "open"];
const DUE_MS = 1500; // after a time has come and nothing was heard of it, we ask
const ASK_WITHIN_MS = 5000; // not all pages ask at once
const HALL_WITHIN_MS = { lobby: 3000, closed: 5000, settled: 20000 };

export class State {
  /** `due()` is called when something should have happened by the clock. */
  constructor(room, { due, changed }) {
    Object.assign(this, { room, due, changed });
    this.now = room.state;
    this.page = document.querySelector(".room");
    this.reading = false; // after the end: the log instead of the hall
    this.asked = 0;
    part("read").addEventListener("click", () => {
      this.reading = !this.reading;
      this.arrange();
    });
    setInterval(() => this.tick(), 1000);
    this.arrange();
  }

  /** Takes the state and times as the server has them. */
  set({ state, opens_at: opens, closes_at: closes }) {
    if (opens) Object.assign(this.room, { opens_at: opens, closes_at: closes });
    if (state === this.now) return;
    this.now = state;
    this.reading = this.reading && OVER.includes(state);
    this.asked = 0;
    this.arrange();
    sayAloud(this.room.states[state]);
    if (state !== "open") setTimeout(() => this._newHall(), Math.random() * (HALL_WITHIN_MS[state] || 3000));
    this.changed(state);
  }

  /** Takes a state that the log tells of; the same again means that the times have changed. */
  entered(state) {
    if (state === this.now) setTimeout(this.due, Math.random() * ASK_WITHIN_MS);
    else this.set({ state });
  }

  arrange() {
    const [open, over] = [this.now === "open", OVER.includes(this.now)];
    const hall = !open && !this.reading;
    this.page.dataset.state = this.now;
    part("hall").hidden = !hall;
    part("log").hidden = hall;
    part("composer").hidden = !COUNTS.includes(this.now);
    part("shut").hidden = !over;
    if (part("video")) part("video").hidden = !COUNTS.includes(this.now);
    part("read").textContent = hall ? t("Read all comments") : t("My attendance");
    const word = part("state");
    word.dataset.is = this.now;
    word.textContent = this.room.states[this.now];
    this.tick();
  }

  tick() {
    const [opens, closes] = [clock.until(this.room.opens_at), clock.until(this.room.closes_at)];
    const left = part("left");
    left.hidden = this.now !== "open";
    if (this.now === "open") left.querySelector("b").textContent = minutes(closes);
    const ticking = part("countdown");
    if (ticking) ticking.textContent = countdown(clock.until(ticking.dataset.until));
    for (const ruler of document.querySelectorAll(".room .ruler")) {
      Object.assign(ruler.dataset, { opens: this.room.opens_at, closes: this.room.closes_at });
      draw(ruler, clock.now().getTime());
    }
    const next = { scheduled: clock.until(this.room.lobby_at), lobby: opens, open: closes }[this.now];
    if (next < -DUE_MS && Date.now() > this.asked) {
      this.asked = Date.now() + 5000 + Math.random() * 5000;
      this.due();
    }
  }

  /** The hall as the server now makes it: what comes next, or one's own attendance. */
  async _newHall() {
    try {
      const page = await (await fetch(location.pathname)).text();
      const made = part("hall", new DOMParser().parseFromString(page, "text/html"));
      if (made) part("hall").replaceChildren(...made.childNodes);
      this.tick();
    } catch {
      // offline: the old one stays
    }
  }
}

function minutes(ms) {
  const left = Math.max(0, Math.ceil(ms / 60000));
  return t("%(minutes)s min", { minutes: left });
}
