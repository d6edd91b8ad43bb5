// Writing: what is typed survives reload and lost lines; Ctrl+Enter sends, Enter is a new line.
import { t } from "../i18n.js";
import { part } from "./dom.js";

const KEYS = matchMedia("(hover: hover)");
const NARROW = matchMedia("(max-width: 959px)");

export class Composer {
  constructor(room, outbox) {
    Object.assign(this, { room, outbox });
    this.form = part("composer");
    this.text = this.form.querySelector("textarea");
    this.send = this.form.querySelector("button[type=submit]");
    this.text.value = outbox.draft;
    this.text.addEventListener("input", () => this._typed());
    this.text.addEventListener("keydown", (event) => this._key(event));
    this.text.addEventListener("focus", () => this._typing(true));
    this.text.addEventListener("blur", () => this._typing(false));
    this.form.addEventListener("submit", (event) => this._submit(event));
    // The text keeps the focus, so that nothing moves under the finger and the keyboard stays.
    this.send.addEventListener("mousedown", (event) => event.preventDefault());
    fitKeyboard();
    this._typed();
  }

  /** In the lobby one may write, and send once it is open. */
  set(state) {
    this.open = state === "open";
    this.text.placeholder = this.open ? t("Write your comment") : t("Write now, send once it is open");
    this._typed();
  }

  _typed() {
    const length = [...this.text.value.trim()].length;
    this.outbox.draft = this.text.value;
    part("length").textContent = `${length} / ${this.room.longest}`;
    part("length").classList.toggle("wrong", length > this.room.longest);
    this.send.disabled = !this.open;
    part("hint").textContent = this._hint(length);
    if (!CSS.supports("field-sizing", "content")) grow(this.text);
  }

  _hint(length) {
    if (length > this.room.longest) return t("Too long: please shorten it, or send it in two.");
    if (!this.open) return t("Kept on this device only");
    return KEYS.matches ? t("Ctrl+Enter sends") : "";
  }

  _submit(event) {
    event.preventDefault(); // base.js leaves alone what was prevented
    const said = this.text.value.trim();
    if (!this.open || !said || [...said].length > this.room.longest) return this.text.focus();
    this.text.value = "";
    this._typed();
    this.outbox.add(said);
    this.text.focus();
  }

  _key(event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    this.send.click();
  }

  _typing(on) {
    document.querySelector(".room").toggleAttribute("data-typing", on && NARROW.matches);
  }
}

function grow(text) {
  text.style.setProperty("height", "auto");
  text.style.setProperty("height", `${text.scrollHeight + 3}px`);
}

/** iOS moves only the visual viewport when its keyboard comes, so the room is sized by that. */
function fitKeyboard() {
  const view = window.visualViewport;
  const room = document.querySelector(".room");
  view?.addEventListener("resize", () => {
    const keyboard = window.innerHeight - view.height > 100;
    if (keyboard) room.style.setProperty("height", `${view.height}px`);
    else room.style.removeProperty("height");
    if (keyboard) scrollTo(0, 0);
  });
}
