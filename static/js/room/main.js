// The room: everything below is put together here, and each piece of news goes to whom it concerns.
import { Asked } from "./asked.js";
import { Banner } from "./banner.js";
import { clock } from "./clock.js";
import { Composer } from "./composer.js";
import { part } from "./dom.js";
import { Line } from "./line.js";
import { Log } from "./log.js";
import { Office } from "./office.js";
import { Outbox } from "./outbox.js";
import { PendingView } from "./pending.js";
import { People } from "./people.js";
import { State } from "./state.js";
import { Video } from "./video.js";
import { LogView } from "./view.js";

const room = JSON.parse(document.getElementById("room").textContent);
clock.set(room.now);
clock.place(room.zone);

const log = new Log(room.me);
const people = new People();
const banner = new Banner(() => line.retry());
const state = new State(room, { due: () => line.catchUp(), changed: (now) => composer.set(now) });
const line = new Line(room, {
  after: () => log.last,
  heard: (name, message) => HEARD[name](message),
  opened,
  changed: (now) => {
    banner.set(now);
    if (now === "socket" || now === "http") outbox.flush();
  },
});
const office = new Office(room, line);
const view = new LogView(room, log, { acts: (entry) => office.acts(entry), older });
const outbox = new Outbox(room, {
  call: (name, message) => line.call(name, message),
  changed: (item) => {
    pending.draw(item);
    if (item.state === "pending") view.toNewest();
  },
  done: stored,
});
const pending = new PendingView(outbox);
const composer = new Composer(room, outbox);
const video = new Video(room, line);
const asked = new Asked(line);

const HEARD = {
  entries(frame) {
    if (frame.meeting !== room.meeting) return;
    if (frame.presence) people.take(frame.presence);
    if (log.hear(frame)) tell(frame.entries);
    else line.catchUp();
  },
  presence: (told) => people.take(told),
  asked: (question) => asked.take(question),
  catch_up: () => line.catchUp(),
  bye: () => {},
};

/** A look into the room: everything anew, or what was missed. */
function opened(answer, after) {
  clock.set(answer.now);
  room.manages = answer.me.manages;
  const anew = log.open(answer, after);
  for (const seq of answer.me.hidden) if (log.entries.has(seq)) log.entries.get(seq).own = true;
  if (anew) view.redraw();
  else tell(answer.entries);
  office.pinned(log.pinned);
  people.take(answer.presence);
  asked.take(answer.me.asked);
  state.set(answer);
  composer.set(state.now);
  if (!anew) banner.missed(answer.entries.filter((entry) => entry.kind === "comment").length);
}

/** Entries that are new to the page. */
function tell(entries) {
  const touched = new Set();
  for (const entry of entries) {
    touched.add(entry.seq);
    if (entry.of) touched.add(entry.of);
    if (entry.kind === "state") state.entered(entry.state);
    if (entry.by?.id === room.me) pending.came(entry.text);
  }
  office.pinned(log.pinned);
  view.show([...touched].filter((seq) => seq >= log.first), { news: true });
}

/** Our comment is stored: it stands in its place from now on. */
function stored(item, seq) {
  const by = { id: room.me, unit: room.host, sector: "", office: room.manages };
  log.foresee({ seq, kind: "comment", at: item.typed_at, by, text: item.text });
  view.show([seq], { news: true });
}

async function older() {
  const answer = await line.http.look({ before: log.first });
  log.extend(answer);
  return answer.entries.map((entry) => entry.seq);
}

function turnTo(tab) {
  document.querySelector(".room").dataset.tab = tab.dataset.tab;
  for (const one of document.querySelectorAll(".seg button")) one.setAttribute("aria-selected", String(one === tab));
}

for (const tab of document.querySelectorAll(".seg button")) tab.addEventListener("click", () => turnTo(tab));
part("refused-notice").querySelector("button").addEventListener("click", (event) => {
  event.target.closest(".notice").hidden = true;
});
document.addEventListener("visibilitychange", () => {
  line.sight();
  if (!document.hidden) video.returned();
});
addEventListener("online", () => line.retry());
addEventListener("pagehide", () => {
  if (line.state === "http") line.http.post("presence", { what: "left" }, { keepalive: true }).catch(() => {});
});
addEventListener("pageshow", (event) => event.persisted && line.retry());

composer.set(state.now);
for (const item of outbox.items.values()) pending.draw(item);
