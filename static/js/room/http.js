// The room over plain HTTP: requests, and looking at the log again and again where no socket is to be had.
import { Refused, accepted, request } from "./wire.js";

const SIGHT_MS = 2000;
const BACKGROUND_MS = 20000;
const FAILED_MS = 5000;

/** Requests below /meetings/{id}/. Each throws Refused, `offline` when the server was not reached. */
export class Http {
  constructor(room) {
    this.path = `/meetings/${room.meeting}/`;
    this.token = room.csrf;
    this.tab = Math.random().toString(36).slice(2);
  }

  look(params) {
    return this._fetch(`log?${new URLSearchParams(params)}`, {});
  }

  post(path, body, options = {}) {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": this.token };
    return this._fetch(path, { method: "POST", headers, body: JSON.stringify(body), ...options });
  }

  get(path) {
    return this._fetch(path, {});
  }

  call(name, message) {
    const found = request(name, message);
    return found ? this.post(...found) : Promise.resolve({ ok: true });
  }

  async _fetch(path, { headers = {}, ...options }) {
    let response;
    try {
      response = await fetch(this.path + path, { headers: { Accept: "application/json", ...headers }, ...options });
    } catch {
      throw new Refused({ code: "offline" });
    }
    const answer = await response.json().catch(() => ({ ok: false, error: { code: "busy", retry_after: 5 } }));
    return accepted(answer);
  }
}

/** Looks again and again: `after()` says since which entry, `found(answer)` hears what there was. */
export class Looking {
  constructor(http, { after, found, failed }) {
    Object.assign(this, { http, after, found, failed });
    this.on = false;
    this.timer = 0;
  }

  start() {
    if (this.on) return;
    this.on = true;
    this._look();
  }

  stop() {
    this.on = false;
    clearTimeout(this.timer);
  }

  /** Looks now, as after coming back into sight. */
  hurry() {
    if (!this.on) return;
    clearTimeout(this.timer);
    this._look();
  }

  async _look() {
    let wait = document.hidden ? BACKGROUND_MS : SIGHT_MS;
    try {
      const after = this.after();
      const params = after === null ? {} : { after };
      if (!document.hidden) params.tab = this.http.tab;
      const answer = await this.http.look(params);
      if (!this.on) return;
      this.found(answer, after);
      if (answer.more && after !== null) wait = 0;
    } catch (refused) {
      if (!this.on) return;
      wait = Math.max(FAILED_MS, 1000 * (refused.after || 0));
      this.failed(refused);
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.on && this._look(), wait * (0.75 + Math.random() / 2));
  }
}
