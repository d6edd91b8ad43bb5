// What can be done with a comment: the office hides and pins; an author reads what was hidden of his.
import { t } from "../i18n.js";
import { button, part, sayAloud } from "./dom.js";

export class Office {
  constructor(room, line) {
    Object.assign(this, { room, line });
    this.dialog = document.getElementById("hide");
    part("unpin").addEventListener("click", () => this._do("comment:unpin", Number(part("unpin").dataset.seq)));
  }

  /** The buttons under a comment. */
  acts(entry) {
    const { seq } = entry;
    if (entry.hidden) {
      const made = this.room.manages || entry.own ? [button(t("Show the text"), (event) => this._read(seq, event))] : [];
      if (this.room.manages) made.push(button(t("Show to all again"), () => this._do("comment:show", seq)));
      return made;
    }
    if (!this.room.manages) return [];
    return [
      button(t("Pin"), () => this._do("comment:pin", seq)),
      button(t("Hide"), () => this._hide(entry)),
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

  async _do(name, seq, more = {}) {
    try {
      await this.line.call(name, { seq, ...more });
    } catch (refused) {
      part("refused").textContent = refused.message || t("The connection is lost. Please try again in a moment.");
      part("refused-notice").hidden = false;
    }
  }

  /** Asks why; without a reason nothing is hidden. */
  _hide(entry) {
    if (this.dialog.showModal) this._ask(entry);
    else this._because(entry, prompt(t("Reason")) || ""); // an old browser
  }

  _ask(entry) {
    const { reason } = this.dialog.querySelector("form").elements;
    part("what", this.dialog).textContent = entry.text;
    reason.value = "";
    this.dialog.onclose = () => this.dialog.returnValue === "hide" && this._because(entry, reason.value);
    this.dialog.returnValue = "";
    this.dialog.showModal();
    reason.focus();
  }

  _because(entry, reason) {
    if (reason.trim()) this._do("comment:hide", entry.seq, { reason: reason.trim() });
  }

  async _read(seq, event) {
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
