// The names on the wire, as in consult/live/wire.py (a test compares them), and their ways over plain HTTP.

/** What the page says. */
export const CALLS = [
  "meeting:watch",
  "comment:post",
  "comment:hide",
  "comment:show",
  "comment:pin",
  "comment:unpin",
  "presence:hidden",
  "presence:visible",
  "video:open",
  "presence:here",
  "presence:answer",
];

/** What the server says; main.js has a handler for each. */
export const NEWS = ["entries", "presence", "asked", "catch_up", "bye"];

/** The same call as an HTTP request: [path below the meeting, body]; null where HTTP has no need of it. */
export function request(name, message) {
  const { meeting: _meeting, seq, ...rest } = message;
  const [noun, verb] = name.split(":");
  if (name === "comment:post") return ["comments", rest];
  if (noun === "comment") return [`comments/${seq}/${verb}`, rest];
  if (name === "presence:hidden") return ["presence", { what: "hidden" }];
  if (name === "presence:answer") return [`prompts/${rest.prompt}`, {}];
  if (name === "video:open" || name === "presence:here") return ["presence", { what: "video" }];
  return null; // presence:visible: the next look says it
}

/** A refusal, by us or by the server, as something to throw. */
export class Refused extends Error {
  constructor({ code, message = "", retry_after: after = 0 }) {
    super(message);
    this.code = code;
    this.after = after;
  }

  /** Whether the same may simply be sent again, later. */
  get passing() {
    return ["offline", "busy", "too_fast"].includes(this.code);
  }
}

/** The answer, if it is one of success; throws Refused. */
export function accepted(answer) {
  if (answer.ok) return answer;
  throw new Refused(answer.error);
}
