// The log as the page has it: entries by number, what is pinned, how far it reaches. Knows no page.

export class Log {
  constructor(me) {
    this.me = me;
    this.clear();
  }

  clear() {
    this.entries = new Map();
    this.last = null; // up to here without a gap
    this.older = false; // whether there is more below the first
    this.pinned = null;
  }

  get first() {
    return Math.min(...this.entries.keys(), Infinity);
  }

  /** Takes what a look into the room found; true when what was there before does not join on. */
  open(answer, after) {
    const anew = after === null || answer.seq < this.last;
    if (anew) {
      this.clear();
      this.older = answer.more;
    }
    for (const entry of answer.entries) this._take(entry);
    this.last = answer.seq;
    this.pinned = answer.pinned;
    return anew;
  }

  /** Takes a frame of news; false when something before it is missing. */
  hear({ first, last, entries }) {
    if (this.last === null || first > this.last + 1) return false;
    for (const entry of entries) if (entry.seq > this.last) this._take(entry);
    this.last = Math.max(this.last, last);
    return true;
  }

  /** Takes older entries. */
  extend(answer) {
    for (const entry of answer.entries) if (!this.entries.has(entry.seq)) this.entries.set(entry.seq, entry);
    this.older = answer.more;
  }

  /** Shows our own comment from its acknowledgement until the log brings it. */
  foresee(entry) {
    if (!this.entries.has(entry.seq)) this.entries.set(entry.seq, entry);
  }

  /** Lets the oldest go, so that the page stays light; they come back on scrolling. */
  forget(keep) {
    const numbers = [...this.entries.keys()].sort((a, b) => a - b);
    const gone = numbers.slice(0, Math.max(0, numbers.length - keep));
    for (const seq of gone) this.entries.delete(seq);
    if (gone.length) this.older = true;
    return gone;
  }

  _take(entry) {
    this.entries.set(entry.seq, entry);
    const about = this.entries.get(entry.of);
    if (entry.kind === "hide" && about) {
      about.own = about.by?.id === this.me;
      delete about.text;
      delete about.by;
      about.hidden = true;
    }
    if (entry.kind === "show" && about && entry.comment) this.entries.set(entry.of, entry.comment);
    if (entry.kind === "pin") this.pinned = entry.comment || null;
    if (entry.kind === "unpin") this.pinned = null;
  }
}
