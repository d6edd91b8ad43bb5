// The meeting's video: another page, or another app, which hides this one on a phone. Opening it is counted,
// and so is every sign of life after it.
import { t } from "../i18n.js";
import { clock } from "./clock.js";
import { part } from "./dom.js";

export class Video {
  constructor(room, line) {
    Object.assign(this, { room, line });
    this.until = 0;
    for (const link of document.querySelectorAll("[data-video]")) link.addEventListener("click", (event) => this._open(event));
    part("still-here")?.addEventListener("click", () => this._here("presence:here"));
  }

  /** Coming back into sight is a sign of life, which the server has noted by itself. */
  returned() {
    if (this.until > clock.now().getTime()) this._counted();
  }

  _open(event) {
    event.preventDefault();
    const address = event.currentTarget.href;
    // By HTTP and `keepalive`, so that it arrives though this page goes away.
    this.line.http.post("presence", { what: "video" }, { keepalive: true }).then(() => this._counted(), () => {});
    const opened = window.open(address, "_blank");
    if (opened) opened.opener = null;
    else location.assign(address); // where nothing may pop up, as in WeChat
  }

  async _here(name) {
    try {
      await this.line.call(name);
      this._counted();
    } catch {
      part("video-until").textContent = t("The connection is lost. Please try again in a moment.");
    }
  }

  _counted() {
    this.until = clock.now().getTime() + 1000 * this.room.video_seconds;
    part("video-note").hidden = false;
    part("video-until").textContent = t("Watching the video counts until %(time)s. Come back here before, or press:", {
      time: clock.time(this.until),
    });
  }
}
