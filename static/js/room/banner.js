// The word on the connection: only after a while, never in the way of writing, and gone when all is well.
import { t } from "../i18n.js";
import { part } from "./dom.js";

const AFTER_MS = 3000;
const STAY_MS = 5000;

export class Banner {
  constructor(retry) {
    this.notice = part("banner");
    this.timer = 0;
    this.count = 0;
    this.well = false;
    part("retry").addEventListener("click", retry);
  }

  /** Takes the line's state. */
  set(state) {
    const link = part("link");
    const [was, well] = [this.well, state === "socket" || state === "http"];
    this.well = well;
    link.dataset.is = well ? "on" : "off";
    part("on", link).hidden = !well;
    part("off", link).hidden = well;
    link.querySelector("span").textContent = {
      socket: t("Connected"),
      http: t("Connected (compatible mode)"),
      off: t("Reconnecting"),
      "signed-out": t("Signed out"),
    }[state];
    if (was && well) return; // from HTTP back to a socket: what was said of the return still stands
    clearTimeout(this.timer);
    if (state === "off") this.timer = setTimeout(() => this._say("warn", LOST, { retry: true }), AFTER_MS);
    else if (state === "signed-out") this._say("bad", OUT, { sign: true });
    else if (!this.notice.hidden) this._back(this.count);
    this.count = 0;
  }

  /** So many comments came in that were said while we were away. */
  missed(count) {
    this.count += count;
  }

  _back(count) {
    this._say("ok", count ? t("Connected again; %(count)s missed comments received.", { count }) : t("Connected again."));
    this.timer = setTimeout(() => (this.notice.hidden = true), STAY_MS);
  }

  _say(kind, text, { retry = false, sign = false } = {}) {
    clearTimeout(this.timer);
    this.notice.dataset.is = kind;
    part("banner-text").textContent = typeof text === "function" ? text() : text;
    part("retry").hidden = !retry;
    part("sign-in").hidden = !sign;
    this.notice.hidden = false;
  }
}

const LOST = () => t("The connection is lost; reconnecting. What you write is kept.");
const OUT = () => t("You are signed out. What you have written is kept on this device.");
