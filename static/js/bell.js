// The count of unread notices: told over a socket while the page is in sight, else asked for now and then.

const BEGIN_MS = 1500 // who only passes through opens no socket
const LINGER_MS = 10000 // how long a page in the background keeps its socket
const PATIENCE_MS = 8000 // without a socket for so long, we ask
const ASK_MS = 45000
const AGAIN_MS = 60000 // before we try a socket again that was refused

const bell = document.querySelector("[data-bell]")
const shown = bell?.querySelector("[data-unread]")
let socket = null
let asking = 0
let leaving = 0

function show(unread) {
  shown.textContent = unread < 100 ? String(unread) : "99+"
  shown.hidden = !unread
}

async function ask() {
  try {
    const answer = await fetch(bell.dataset.bell, { headers: { Accept: "application/json" } })
    if (answer.status === 401) return stop()
    if (answer.ok) show((await answer.json()).unread)
  } catch { // no network: the next time
  }
}

function askNowAndThen(wait = PATIENCE_MS) {
  if (asking) return
  asking = setTimeout(async () => {
    await ask()
    asking = 0
    if (!document.hidden && !socket?.connected) askNowAndThen(ASK_MS)
  }, wait)
}

async function open() {
  clearTimeout(leaving)
  if (socket?.connected) return
  askNowAndThen()
  if (socket) return socket.connect()
  const { io } = await import("../vendor/socket.io.esm.min.js")
  socket = io({ transports: ["websocket"], reconnectionDelay: 1000, reconnectionDelayMax: 30000, randomizationFactor: 0.8 })
  socket.on("connect", watch)
  socket.on("unread", message => show(message.unread))
  socket.on("bye", message => socket.io.reconnectionDelay(message.retry_ms))
  socket.on("connect_error", error => error.data && comeAgain())
  socket.on("disconnect", reason => {
    if (document.hidden) return
    askNowAndThen()
    if (reason === "io server disconnect") comeAgain()
  })
}

async function watch() {
  try {
    const answer = await socket.timeout(PATIENCE_MS).emitWithAck("notices:watch", {})
    if (!answer.ok) return socket.disconnect()
    show(answer.unread)
    clearTimeout(asking)
    asking = 0
  } catch { // "connect" comes again
  }
}

/** socket.io does not come back by itself when the server has sent it away. */
function comeAgain() {
  setTimeout(() => !document.hidden && socket.connect(), AGAIN_MS * (0.5 + Math.random()))
}

function stop() {
  clearTimeout(asking)
  clearTimeout(leaving)
  asking = 0
  socket?.disconnect()
}

function sight() {
  if (document.hidden) leaving = setTimeout(stop, LINGER_MS)
  else open()
}

if (bell) {
  document.addEventListener("visibilitychange", sight)
  addEventListener("pageshow", event => event.persisted && open())
  addEventListener("pagehide", stop)
  setTimeout(() => document.hidden || open(), BEGIN_MS)
}
