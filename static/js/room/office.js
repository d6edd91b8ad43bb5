// What can be done with a comment: the office hides and pins; an author reads what was hidden of his.
import { t } from "../i18n.js";
import { button, part, sayAloud } from "./dom.js";

export class Office {
  constructor(room, line) {
    Object.assign(this, { room, line });
    this.dialog = document.getElementById("hide");
    part("unpin").addEventListener("click", () => this.#do("comment:unpin", Number(part("unpin").dataset.seq)));
  }

  /** The buttons under a comment. */
  acts(entry) {
    const { seq } = entry;
    if (entry.hidden) {
      const made = this.room.manages || entry.own ? [button(t("Show the text"), (event) => this.#read(seq, event))] : [];
      if (this.room.manages) made.push(button(t("Show to all again"), () => this.#do("comment:show", seq)));
      return made;
    }
    if (!this.room.manages) return [];
    return [
      button(t("Pin"), () => this.#do("comment:pin", seq)),
      button(t("Hide"), () => this.#hide(entry)),
    ];
  }

  /** Shows what is pinned; null for nothing. */
  pinned(entry) {
    const place = part("pinned");
    const { seq, text = "", by = {} } = entry || {};
    place.hidden = !text;
    part("text", place).textContent = text;
    part("office", place).hidden = !by.office;
    part("name", place).textContent = by.office ? "" : by.name;
    part("unpin").hidden = !this.room.manages;
    part("unpin").dataset.seq = seq;
  }

  async #do(name, seq, more = {}) {
    try {
      await this.line.call(name, { seq, ...more });
    } catch (refused) {
      part("refused").textContent = refused.message || t("The connection is lost. Please try again in a moment.");
      part("refused-notice").hidden = false;
    }
  }

  /** Asks why, in the sheet; without a reason nothing is hidden. */
  #hide(entry) {
    const form = this.dialog.querySelector("form");
    const reason = form.elements.reason;
    part("what", this.dialog).textContent = entry.text;
    reason.value = "";
    this.dialog.onclose = () => {
      const why = reason.value.trim();
      if (this.dialog.returnValue === "hide" && why) this.#do("comment:hide", entry.seq, { reason: why });
    };
    this.dialog.returnValue = "";
    this.dialog.showModal();
    reason.focus();
  }

  async #read(seq, event) {
    const said = event.target.closest(".said");
    try {
      const { text, reason } = await this.line.http.get(`comments/${seq}`);
      part("text", said).textContent = `${text}\n${t("Hidden because: %(reason)s", { reason })}`;
      sayAloud(text);
      event.target.remove();
    } catch {
      // offline: the button stays
    }
  }
}
