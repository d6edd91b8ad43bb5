// “Are you still here?”: a large button for as long as the question can be answered.
import { clock } from "./clock.js";
import { part, sayAloud } from "./dom.js";

export class Asked {
  constructor(line) {
    this.line = line;
    this.place = part("asked");
    this.prompt = this.answered = null;
    this.place.querySelector("button").addEventListener("click", () => this._answer());
  }

  /** Takes the question that is open, or null for none. */
  take(question) {
    clearTimeout(this.timer);
    const open = question && question.prompt !== this.answered && clock.until(question.until) > 0;
    if (open && this.place.hidden) sayAloud(this.place.querySelector("h2").textContent);
    this.prompt = open ? question.prompt : null;
    this.place.hidden = !open;
    if (open) this.timer = setTimeout(() => this.take(null), clock.until(question.until));
  }

  async _answer() {
    const { prompt } = this;
    try {
      await this.line.call("presence:answer", { prompt });
    } catch (refused) {
      if (refused.passing) return; // the button stays, to be pressed again
    }
    this.answered = prompt;
    this.take(null);
  }
}
