// The page's line to the room: a socket; where none is to be had, HTTP; and back to a socket when one is.
import { io } from "../../vendor/socket.io.esm.min.js";
import { Http, Looking } from "./http.js";
import { NEWS, Refused, accepted } from "./wire.js";

const PATIENCE_MS = 4000; // without a socket for so long, we go by HTTP
const ANSWER_MS = 10000;
const AWAY_MS = 10000; // before we try a socket again that the server has closed

/**
 * Tells `heard(name, message)` of the server's news, `opened(answer, after)` of each look into the room, and
 * `changed(state)` of "socket", "http", "off" or "signed-out". `after()` is the last number the page has.
 */
export class Line {
  constructor(room, { heard, opened, changed, after }) {
    Object.assign(this, { room, heard, opened, changed, after });
    this.state = "";
    this.http = new Http(room);
    this.looking = new Looking(this.http, {
      after,
      found: (answer, since) => this._found(answer, since),
      failed: (refused) => this._failed(refused),
    });
    this.socket = io({
      transports: ["websocket"],
      reconnectionDelay: 500,
      reconnectionDelayMax: 8000,
      randomizationFactor: 0.8,
      timeout: 8000,
    });
    this.socket.on("connect", () => this._watch(this.after()));
    this.socket.on("connect_error", (error) => this._refused(error));
    this.socket.on("disconnect", (reason) => this._lost(reason));
    for (const name of NEWS) this.socket.on(name, (message) => this._news(name, message));
    this.patience = setTimeout(() => this._goByHttp(), PATIENCE_MS);
  }

  /** Does something in the room; the answer, or Refused thrown. */
  async call(name, message = {}) {
    const whole = { meeting: this.room.meeting, ...message };
    if (this.state === "socket") return this._emit(name, whole);
    if (this.state === "http") return this.http.call(name, whole);
    throw new Refused({ code: "offline" });
  }

  /** Reads what was missed: after a gap, or when the clock says that something should have come. */
  catchUp() {
    if (this.state === "socket") this._watch(this.after());
    else this.looking.hurry();
  }

  /** Tries again now. */
  retry() {
    this.looking.hurry();
    if (!this.socket.connected) this.socket.disconnect().connect();
  }

  /** The page went to the background, or came back. */
  sight() {
    if (this.state === "off") return;
    const name = document.hidden ? "presence:hidden" : "presence:visible";
    this.call(name).catch(() => {}); // the next look says it again
    if (!document.hidden) this.looking.hurry();
  }

  async _emit(name, message) {
    let answer;
    try {
      answer = await this.socket.timeout(ANSWER_MS).emitWithAck(name, message);
    } catch {
      throw new Refused({ code: "offline" });
    }
    return accepted(answer);
  }

  async _watch(after) {
    const message = { meeting: this.room.meeting, hidden: document.hidden };
    try {
      const answer = await this._emit("meeting:watch", after === null ? message : { ...message, after });
      this._found(answer, after);
      // Far behind, the newest matter more; the rest comes on scrolling.
      if (after !== null && answer.more) await this._watch(null);
      else this._set("socket");
    } catch (refused) {
      if (refused.code === "offline") return; // "connect" comes again
      if (refused.passing) setTimeout(() => this.catchUp(), 1000 * (refused.after || 2));
      else this._failed(refused);
    }
  }

  _news(name, message) {
    if (name === "bye") this.socket.io.reconnectionDelay(message.retry_ms);
    this.heard(name, message);
  }

  _found(answer, after) {
    this.opened(answer, after);
    if (this.looking.on) this._set("http");
  }

  _set(state) {
    if (state === "socket") {
      clearTimeout(this.patience);
      this.looking.stop();
      this.socket.io.reconnectionDelay(500);
    }
    if (state === this.state) return;
    this.state = state;
    this.changed(state);
  }

  _lost(reason) {
    // Sent away by the server: perhaps signed out, which the first look by HTTP tells.
    if (reason === "io server disconnect") this._sentAway();
    if (this.looking.on) return;
    this._set("off");
    this.patience = setTimeout(() => this._goByHttp(), PATIENCE_MS);
  }

  _refused(error) {
    if (!this.looking.on) this._set("off");
    if (error.data) this._sentAway();
  }

  /** socket.io does not come back by itself from this. */
  _sentAway() {
    this._goByHttp();
    setTimeout(() => this.state !== "signed-out" && this.socket.connect(), AWAY_MS * (0.5 + Math.random()));
  }

  _goByHttp() {
    clearTimeout(this.patience);
    if (this.state !== "signed-out") this.looking.start();
  }

  _failed(refused) {
    if (!["sign_in_required", "missing", "not_allowed"].includes(refused.code)) return this._set("off");
    this.looking.stop();
    this.socket.disconnect();
    this._set("signed-out");
  }
}
