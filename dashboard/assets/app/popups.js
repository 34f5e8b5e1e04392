// The small cards on the map; text only ever as text, for names come from the air.
import { shortTarget } from "./frames.js";

const node = (tag, text, kind) => {
  const made = document.createElement(tag);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
};

function card(title, rows) {
  const root = document.createElement("div");
  const list = node("dl", "", "popup-rows");
  for (const [name, value] of rows) if (value) list.append(node("dt", name), node("dd", value));
  root.append(node("h4", title), list);
  return root;
}

export function ago(seconds, words) {
  if (seconds < 120) return words.ago_s.replace("{n}", Math.round(seconds));
  if (seconds < 7200) return words.ago_min.replace("{n}", Math.round(seconds / 60));
  return words.ago_h.replace("{n}", Math.round(seconds / 3600));
}

// Whose an echo may be too: then nobody knows whether the boat is dark.
function rival({ rival: target, share }, of) {
  return of.rival.replace("{target}", shortTarget(target)).replace("{n}", Math.round(share * 100));
}

export function vesselPopup(vessel, { ageS, silent, short, about }, words) {
  const of = words.vessels;
  const course = vessel.course === null ? "" : `${vessel.course.toFixed(0).padStart(3, "0")}°`;
  return card(vessel.name || of.name_unknown, [
    [words.sensor[vessel.sensor] ?? "", short],
    [words.vessels.kind, words.class[vessel.kind]],
    [of.length, vessel.lengthM ? `${vessel.lengthM} m` : ""],
    [of.speed, vessel.speed === null ? "" : `${vessel.speed.toFixed(1)} kn`],
    [of.course, course],
    [of.sigma, about?.radius_m ? of.sigma_m.replace("{n}", about.radius_m) : ""],
    [of.ambiguous, about?.rival ? rival(about, of) : ""],
    [of.last_report, `${ago(ageS, of)}${silent ? ` · ${of.silent_legend}` : ""}`],
  ]);
}

export function pierPopup(pier, words) {
  return card(pier.name, [
    [words.pier.title, pier.pier_id],
    [words.pier.status, words.pier[pier.status]],
    [words.pier.kind, words.pier_kind[pier.kind]],
    [words.pier.township, pier.township],
  ]);
}

// A truck says nothing of itself; a camera what it saw last, a station when it was last heard.
export function ashorePopup({ kind, id, what, state }, ageS, words) {
  const of = words.ashore;
  if (kind === "truck") return card(of.truck, [[of.unnamed, of.near_pier]]);
  const last = ageS === null ? of.never : ago(ageS, words.vessels);
  const seen = kind === "camera" || kind === "barrier";
  return card(`${of[kind]} ${id}`, [
    seen ? [of.seen, what ? (words.sighting[what] ?? words.sighting.other) : ""] : [of.state, words.feed_state[state] ?? ""],
    [words.vessels.last_report, last],
  ]);
}
