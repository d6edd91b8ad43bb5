// What one has written and the server has not acknowledged yet: kept on this device, sent again with the
// same key until it is. Sending twice is harmless, so nothing is ever lost between.
import { clock } from "./clock.js";

function stored(action, fallback) {
  try {
    return action(localStorage);
  } catch {
    return fallback; // an in-app browser may keep nothing; then it lasts as long as the page
  }
}

export class Outbox {
  /** `call` sends, `changed` hears of each item that changed, `done(item, seq)` of each that is stored. */
  constructor(room, { call, changed, done }) {
    Object.assign(this, { call, changed, done });
    this.prefix = `say:${room.meeting}:${room.me}:`;
    this.draftKey = `draft:${room.meeting}:${room.me}`;
    this.items = new Map(this._kept().map((item) => [item.key, { ...item, state: "pending" }]));
    this.busy = false;
    this.timer = 0;
  }

  get draft() {
    return stored((device) => device.getItem(this.draftKey), "") || "";
  }

  set draft(text) {
    stored((device) => (text ? device.setItem(this.draftKey, text) : device.removeItem(this.draftKey)));
  }

  /** Takes a new comment on its way. */
  add(text) {
    const bytes = crypto.getRandomValues(new Uint8Array(12));
    const key = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const item = { key, text, typed_at: clock.now().toISOString(), state: "pending" };
    this.items.set(key, item);
    stored((device) => device.setItem(this.prefix + key, JSON.stringify(item)));
    this.changed(item);
    this.flush();
  }

  /** Tries one that was refused again, with its key, so that it can't be there twice. */
  retry(key) {
    const item = this.items.get(key);
    item.state = "pending";
    this.changed(item);
    this.flush();
  }

  remove(key) {
    const item = this.items.get(key);
    this.items.delete(key);
    stored((device) => device.removeItem(this.prefix + key));
    item.state = "gone";
    this.changed(item);
  }

  /** Sends what is pending, one after the other. */
  async flush() {
    if (this.busy) return;
    this.busy = true;
    clearTimeout(this.timer);
    for (const item of this.items.values()) {
      if (item.state === "pending" && !(await this._send(item))) break;
    }
    this.busy = false;
  }

  /** One comment's turn; false when the others must wait. */
  async _send(item) {
    const { key, text, typed_at } = item;
    try {
      const answer = await this.call("comment:post", { key, text, typed_at });
      this.remove(key);
      this.done(item, answer.seq);
      return true;
    } catch (refused) {
      if (refused.passing) {
        item.wait = refused.code === "too_fast" ? Math.ceil(refused.after) : 0;
        this.timer = setTimeout(() => this.flush(), 1000 * (refused.after || 5));
      } else {
        item.state = "failed";
        item.why = refused.message;
      }
      this.changed(item);
      return !refused.passing;
    }
  }

  _kept() {
    const read = (device) =>
      Object.keys(device)
        .filter((name) => name.startsWith(this.prefix))
        .map((name) => JSON.parse(device.getItem(name)))
        .sort((a, b) => (a.typed_at < b.typed_at ? -1 : 1));
    return stored(read, []);
  }
}
