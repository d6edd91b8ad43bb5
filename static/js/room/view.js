// The log on the page: comments and events by number, kept in place while one reads further up.
import { t } from "../i18n.js";
import { clock } from "./clock.js";
import { element, part } from "./dom.js";

const KEEP = 400;
const FORGET_ABOVE = 600;
const NEAR = 80; // px from the newest end that still count as being there

export class LogView {
  /** `acts(entry)` makes the buttons under a comment, `older()` brings what is above. */
  constructor(room, log, { acts, older }) {
    Object.assign(this, { room, log, acts, older });
    this.scroller = part("log");
    this.list = part("entries");
    this.newer = part("newer");
    this.nodes = new Map();
    this.unseen = 0;
    this.fetching = false;
    this.newer.addEventListener("click", () => this.toNewest());
    this.scroller.addEventListener("scroll", () => this._scrolled(), { passive: true });
  }

  get atNewest() {
    return Math.abs(this.scroller.scrollTop) < NEAR;
  }

  toNewest() {
    this.scroller.scrollTop = 0; // column-reverse: 0 is the newest end
  }

  /** Draws the whole log anew. */
  redraw() {
    for (const node of this.nodes.values()) node.remove();
    this.nodes.clear();
    for (const seq of [...this.log.entries.keys()].sort((a, b) => a - b)) this.draw(seq);
    this.toNewest();
    this.settle();
  }

  /** Draws, or draws anew, these numbers without moving what is being read. */
  show(numbers, { news = false } = {}) {
    const follow = news && this.atNewest;
    this._inPlace(follow, () => numbers.forEach((seq) => this.draw(seq)));
    if (news && !follow) {
      this.unseen += numbers.filter((seq) => this.log.entries.get(seq)?.kind === "comment").length;
    } else if (follow && this.nodes.size > FORGET_ABOVE) {
      for (const seq of this.log.forget(KEEP)) this._drop(seq);
    }
    this.settle();
  }

  draw(seq) {
    const entry = this.log.entries.get(seq);
    const made = entry && (entry.kind === "comment" ? this._said(entry) : this._event(entry));
    const before = this.nodes.get(seq);
    if (!made) return before && this._drop(seq);
    if (before) before.replaceWith(made);
    else this.list.insertBefore(made, this._following(seq));
    made.dataset.seq = seq;
    this.nodes.set(seq, made);
  }

  /** Whatever hangs on the whole of it: the empty word, the way to older and newer ones. */
  settle() {
    if (this.atNewest) this.unseen = 0;
    this.newer.hidden = !this.unseen;
    this.newer.textContent = t("%(count)s new comments", { count: this.unseen });
    part("older").hidden = !this.log.older;
    part("empty").hidden = this.nodes.size > 0 || this.log.last === null || this.list.querySelector(".said") !== null;
  }

  _said(entry) {
    const own = entry.by?.id === this.room.me || entry.own;
    const node = element("said");
    node.id = `c-${entry.seq}`;
    node.toggleAttribute("data-own", Boolean(own));
    if (entry.hidden) node.dataset.is = "hidden";
    else if (entry.by.office) node.dataset.is = "office";
    if (this.log.pinned?.seq === entry.seq) node.dataset.pinned = "";
    fill(part("name", node), own ? t("I") : entry.by?.name);
    fill(part("of", node), own || !entry.by ? "" : speaksFor(entry.by, this.room.host));
    part("office", node).hidden = !entry.by?.office;
    part("late", node).hidden = !entry.late;
    part("number", node).textContent = t("No. %(number)s", { number: entry.seq });
    const time = node.querySelector("time");
    time.dateTime = entry.at;
    time.textContent = clock.time(entry.at);
    part("text", node).textContent = entry.hidden ? t("The office has hidden this comment; its text is kept on file.") : entry.text;
    const acts = part("acts", node);
    acts.append(...this.acts(entry));
    acts.hidden = !acts.hasChildNodes();
    if (own) acts.parentElement.prepend(acts);
    return node;
  }

  _event(entry) {
    const word = { open: t("The meeting has opened"), closed: t("The meeting has closed") }[entry.state];
    if (entry.kind !== "state" || !word) return null;
    const node = element("event");
    node.firstElementChild.textContent = `${clock.time(entry.at)} ${word}`;
    return node;
  }

  /** The node before which that number belongs. Most come at the newest end, so look from there. */
  _following(seq) {
    let next = part("pending");
    while (Number(next.previousElementSibling?.dataset.seq) > seq) next = next.previousElementSibling;
    return next;
  }

  _drop(seq) {
    this.nodes.get(seq)?.remove();
    this.nodes.delete(seq);
  }

  _inPlace(follow, change) {
    const shown = this.scroller.getBoundingClientRect();
    const anchor = follow ? null : [...this.list.children].find((node) => node.getBoundingClientRect().bottom > shown.top);
    const before = anchor?.getBoundingClientRect().top;
    change();
    if (anchor?.isConnected) this.scroller.scrollTop += anchor.getBoundingClientRect().top - before;
  }

  async _scrolled() {
    if (this.atNewest && this.unseen) this.settle();
    const fromTop = this.scroller.scrollHeight - this.scroller.clientHeight - Math.abs(this.scroller.scrollTop);
    if (fromTop > 300 || !this.log.older || this.fetching) return;
    this.fetching = true;
    try {
      this.show(await this.older());
    } catch {
      // offline: the next scrolling tries again
    } finally {
      this.fetching = false;
    }
  }
}

function fill(place, text) {
  place.textContent = text || "";
  place.hidden = !text;
}

/** For whom somebody speaks: his sector, and his unit where it is not the host. */
export function speaksFor({ unit, sector, office }, host) {
  return [unit !== host && !office ? unit : "", sector].filter(Boolean).join(" · ");
}
