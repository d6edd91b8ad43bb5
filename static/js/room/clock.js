// The server's time, whatever this device's clock says; and times in the meeting's zone, in words.
import { t } from "../i18n.js";

let ahead = 0; // ms by which the server's clock is ahead of ours
let zone = "Asia/Shanghai";

export const clock = {
  set(now) {
    ahead = Date.parse(now) - Date.now();
  },
  place(name) {
    zone = name;
  },
  now: () => new Date(Date.now() + ahead),
  until: (at) => Date.parse(at) - Date.now() - ahead,
  /** 15:04 in the meeting's zone. */
  time(at) {
    const style = { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    return new Intl.DateTimeFormat("en-GB", style).format(new Date(at));
  },
};

/** A length of time for a countdown. */
export function countdown(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600), Math.floor(seconds / 60)];
  if (days) return t("%(days)s d %(hours)s h", { days, hours: hours % 24 });
  if (hours) return t("%(hours)s h %(minutes)s min", { hours, minutes: minutes % 60 });
  if (minutes) return t("%(minutes)s min %(seconds)s s", { minutes, seconds: seconds % 60 });
  return t("%(seconds)s s", { seconds });
}
