// Puts the page to life: the live line, the map, the clocks, the choice of an alert, the sound.

import { Chart } from "./chart.js";
import { Vessels, shortTarget, unpacked } from "./frames.js";
import { approachFeatures, ashoreFeatures } from "./ashore.js";
import { Feeds } from "./feeds.js";
import { paintLegend } from "./icons.js";
import { Link } from "./link.js";
import { clockText, element, json, query, setProps, showLine, still } from "./page.js";
import { ashorePopup, pierPopup, vesselPopup } from "./popups.js";
import { Sound } from "./sound.js";

const FOLLOW_MS = 10000; // of the data's clock, between two readings of the vessel that was clicked
const AHEAD_MS = 30000; // of the data's clock, between two predictions of where boats in the dark go
const SYSTEM = ["feed_silent", "disk_filling"]; // notices of the service itself: no place on the map

class Screen {
  constructor(frame) {
    this.told = JSON.parse(frame.dataset.told);
    this.words = this.told.words;
    this.vessels = new Vessels();
    this.alerts = [];
    this.piers = [];
    this.state = {};
    this.beat = 0;
    this.asked = 0; // how often for the alerts
    this.listed = false; // whether an answer has come
    this.chosen = query.get("alert");
    this.popup = null;
    this.wanted = query.get("vessel"); // a vessel by its target, once it is there
    this.followed = null; // the vessel that was clicked: its target, and when it was drawn
    const scale = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
    this.chart = new Chart(frame, { still, scale, basemap: this.told.basemap, on: this });
    this.sound = new Sound(element("sound"), this.words.page);
    this.line("connecting");
    this.watchClicks();
    new Link({
      state: (message) => this.takeState(message),
      names: (rows) => this.vessels.name(rows),
      frame: (buffer) => this.takeFrame(unpacked(buffer)),
      ashore: (message) => this.takeAshore(message),
      line: (how) => this.line(how),
    }).open();
    setInterval(() => this.tick(), 1000);
    this.tick();
  }

  // --- what the line says -------------------------------------------------------------------
  line(how) { showLine(this.words, how, this.state.trouble); }

  async takeState(message) {
    const before = this.state;
    this.state = { run_id: before.run_id, ...message };
    if (before.trouble !== message.trouble) this.line("live");
    try {
      if (before.run_id !== this.state.run_id) await this.changeRun(before.run_id !== undefined);
      if (String(before.alert) !== String(message.alert)) await this.takeAlerts();
    } catch { // the server could not answer just then: what was asked is asked again
      this.state = before;
      setTimeout(() => { if (this.state === before) this.takeState(message); }, 3000);
    }
  }

  async changeRun(again) {
    if (again) { location.reload(); return; }
    const [coast, piers] = await Promise.all([json("/api/coast"), json("/api/piers")]);
    this.piers = piers.features;
    this.chart.fill("coast", coast.features);
    this.chart.fill("piers", this.piers.flatMap(pierSigns));
    this.chart.fill("townships", townships(this.piers));
    this.chart.fit(this.extent());
  }

  // An empty frame only carries the clock; who went silent meanwhile is drawn every ten seconds.
  takeFrame(frame) {
    this.vessels.take(frame);
    this.showDataClock();
    if (!frame.count && this.vessels.atMs - (this.drawnMs ?? 0) < 10000) return;
    this.drawnMs = this.vessels.atMs;
    const features = this.vessels.features();
    this.chart.fill("vessels", features);
    if (!this.piers.length) this.chart.fit(this.extent());
    element("vessel-counts").textContent = counted(features, this.words.vessels);
    this.showEmpty(features.length);
    if (Math.abs(this.vessels.atMs - (this.aheadMs ?? 0)) >= AHEAD_MS) this.lookAhead();
    const wanted = this.wanted && this.vessels.find(this.wanted);
    if (wanted) {
      this.wanted = null;
      this.chart.goTo([wanted.lon, wanted.lat]);
      this.vessel(wanted.row);
    }
    if (this.followed && this.vessels.atMs - this.followed.atMs >= FOLLOW_MS) this.follow();
  }

  async lookAhead() {
    this.aheadMs = this.vessels.atMs;
    const found = await json("/api/approaches").catch(() => null);
    if (found) this.chart.fill("approaches", approachFeatures(found.features));
  }

  takeAshore(message) {
    this.chart.fill("ashore", ashoreFeatures(message, this.words, this.state.at_ms ?? this.vessels.atMs));
  }

  // Of two answers the one to the newer question stands, in whatever order they come.
  async takeAlerts() {
    const asked = ++this.asked;
    const { features, sounding } = await json("/api/alerts");
    if (asked !== this.asked) return;
    this.alerts = features.filter((f) =>
      f.geometry && f.properties.status !== "cancel" && !SYSTEM.includes(f.properties.kind));
    this.drawAlerts();
    setProps("beat", { data: ++this.beat });
    this.sound.hear(features.map((f) => f.properties), sounding, this.listed);
    this.listed = true;
    if (this.chosen && !this.drawn) this.choose(this.chosen);
    else if (this.chosen) this.drawChain(this.chosen);
  }

  // --- drawing ------------------------------------------------------------------------------
  extent() {
    if (this.piers.length) return this.piers.map((p) => [p.properties.lon, p.properties.lat]);
    return [...this.vessels.seen.values()].map((v) => [v.lon, v.lat]);
  }

  drawAlerts() {
    const names = new Map(this.piers.map((p) => [p.properties.pier_id, p.properties.name]));
    const drawn = this.alerts.filter((f) => stands(f.properties) || f.properties.alert_id === this.chosen);
    this.chart.fill("alerts", drawn.map((f) => ({
      type: "Feature", geometry: f.geometry,
      properties: {
        alert_id: f.properties.alert_id, level: f.properties.kind === "sos" ? "sos" : f.properties.level ?? "watch",
        chosen: f.properties.alert_id === this.chosen,
        rank: f.properties.kind === "sos" ? 2 : (f.properties.posterior ?? 0) * (f.properties.severity ?? 0),
        label: names.get(f.properties.pier_id) ?? this.words.kind[f.properties.kind] ?? "",
      },
    })));
    for (const card of document.querySelectorAll("[data-alert]")) {
      card.setAttribute("aria-current", String(card.dataset.alert === this.chosen));
    }
  }

  showEmpty(count) {
    if (!this.state.run_id) return;
    const { empty, empty_why: why } = this.words.vessels;
    element("map-empty").replaceChildren(...(count ? [] : [made("h2", empty), made("p", why)]));
  }

  showDataClock() {
    if (this.vessels.atMs) element("data-clock").textContent = this.clock(this.vessels.atMs, true);
  }

  tick() { element("local-clock").textContent = this.clock(still ? this.vessels.atMs || 0 : Date.now(), false); }

  clock(ms, dated) { return clockText(this.told, ms, dated); }

  // --- choosing -----------------------------------------------------------------------------
  async choose(id) {
    this.chosen = id;
    this.drawn = id;
    setProps("chosen", { data: id });
    this.drawAlerts();
    this.popup?.remove();
    const alert = this.alerts.find((f) => f.properties.alert_id === id);
    if (!alert) { this.chart.fill("track", []); this.chart.fill("chain", []); return; }
    this.chart.goTo(alert.geometry.coordinates);
    if (matchMedia("(max-width: 900px)").matches) element("why").scrollIntoView();
    await Promise.all([this.drawTracks(alert), this.drawChain(id)]);
  }

  async drawTracks(alert) {
    this.chart.fill("track", await this.tracks(alert.properties).catch(() => []));
  }

  // What met the boat and what saw it, each where it was.
  async drawChain(id) {
    const found = await json(`/api/alerts/${encodeURIComponent(id)}/chain`).catch(() => ({ features: [] }));
    if (this.chosen === id) this.chart.fill("chain", found.features);
  }

  async tracks(alert) {
    const around = (at, hours) => new Date(new Date(at).getTime() + hours * 3.6e6).toISOString();
    const from = around(alert.berth_from ?? alert.issued_at, -4);
    const to = around(alert.berth_to ?? alert.issued_at, 2);
    const followed = (alert.targets ?? []).filter((t) => /^(mmsi|beidou|radar):/.test(t));
    if (!followed.length) return [];
    const drawn = await json(`/api/tracks/${followed.map(encodeURIComponent).join(",")}?from=${from}&to=${to}`);
    return drawn.features;
  }

  alert(id) { this.choose(id); }

  nothing() { this.popup?.remove(); }

  vessel(row) {
    const { target } = this.vessels.names.get(row);
    this.showVessel(row, null);
    this.popup.on("close", () => { if (this.followed?.target === target) this.leave(); });
    this.followed = { target, row };
    this.follow();
  }

  showVessel(row, about) {
    const vessel = { ...this.vessels.seen.get(row), ...this.vessels.names.get(row) };
    const facts = { ageS: this.vessels.ageS(vessel), silent: this.vessels.silent(vessel), short: shortTarget(vessel.target), about };
    const [content, place] = [vesselPopup(vessel, facts, this.words), [vessel.lon, vessel.lat]];
    if (about === null) this.open(content, place);
    else this.popup.setLngLat(place).setDOMContent(content);
  }

  // The clicked vessel's own track, and how well its place is known.
  async follow() {
    const { target, row } = this.followed;
    this.followed.atMs = this.vessels.atMs;
    const found = await json(`/api/vessels/${encodeURIComponent(target)}`).catch(() => null);
    if (!found || this.followed?.target !== target) return;
    const about = found.features.filter((f) => f.properties.sigmas);
    this.chart.fill("uncertainty", about);
    this.chart.fill("track", found.features.filter((f) => !f.properties.sigmas));
    if (this.vessels.seen.has(row)) this.showVessel(row, about[0]?.properties ?? {});
  }

  // Nobody is followed any more; what belongs to the chosen alert is drawn again.
  async leave() {
    this.followed = null;
    this.chart.fill("uncertainty", []);
    const alert = this.alerts.find((f) => f.properties.alert_id === this.chosen);
    const lines = alert ? await this.tracks(alert.properties).catch(() => []) : [];
    if (!this.followed) this.chart.fill("track", lines);
  }

  pier(properties, lngLat) { this.open(pierPopup(properties, this.words), lngLat); }

  ashore(properties, lngLat) {
    const ageS = properties.at_ms ? Math.max(0, (this.vessels.atMs - properties.at_ms) / 1000) : null;
    this.open(ashorePopup(properties, ageS, this.words), lngLat);
  }

  open(content, lngLat) {
    this.popup?.remove();
    this.popup = new maplibregl.Popup({ maxWidth: "20rem", focusAfterOpen: false, offset: 14 })
      .setLngLat(lngLat).setDOMContent(content).addTo(this.chart.map);
  }

  watchClicks() {
    document.addEventListener("click", (event) => {
      const button = event.target.closest("[data-alert], [data-close], [data-map]");
      if (!button) return;
      if (button.dataset.alert) this.choose(button.dataset.alert);
      else if (button.dataset.close) this.choose(null);
      else if (button.dataset.map === "fit") this.chart.fit(this.extent(), true);
      else this.chart.zoomBy(button.dataset.map === "in" ? 1 : -1);
    });
    document.addEventListener("keydown", (event) => { if (event.key === "Escape" && this.chosen) this.choose(null); });
  }
}

// Vessels that named themselves; how many of them are silent or dark; what only radar knows.
function counted(features, words) {
  if (!features.length) return "";
  const of = (test) => features.filter(({ properties }) => test(properties)).length;
  const radar = of((p) => p.sensor === "radar"), dark = of((p) => p.sensor === "dark");
  const silent = of((p) => p.icon.endsWith("silent"));
  return [
    `${words.title} ${words.n.replace("{n}", features.length - radar)}`, words.silent.replace("{n}", silent),
    ...(dark ? [words.dark.replace("{n}", dark)] : []), ...(radar ? [words.radar.replace("{n}", radar)] : []),
  ].join(" · ");
}

// As dashboard/reading.py has it: what is over is in the list and no longer on the map.
function stands({ kind, status, evidence }) {
  if (status === "cancel") return false;
  return kind === "night_landing" || !(evidence ?? []).some((entry) => entry.params?.to);
}

function made(tag, text) {
  const node = document.createElement(tag);
  node.textContent = text;
  return node;
}

// A pier twice: its area, and a point with its sign.
function pierSigns(pier) {
  const { pier_id, name, status, kind, township, lon, lat } = pier.properties;
  const properties = { pier_id, name: name ?? pier_id, status, kind, township };
  return [
    { type: "Feature", geometry: pier.geometry, properties: {} },
    { type: "Feature", geometry: { type: "Point", coordinates: [lon, lat] }, properties },
  ];
}

// The name of every township that has three piers or more, in the middle of them.
function townships(piers) {
  const groups = Map.groupBy(piers.filter((p) => p.properties.township), (p) => p.properties.township);
  const middle = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
  return [...groups].filter(([, members]) => members.length >= 3).map(([name, members]) => ({
    type: "Feature", properties: { name },
    geometry: { type: "Point", coordinates: ["lon", "lat"].map((axis) => middle(members.map((p) => p.properties[axis]))) },
  }));
}

// Dash draws the page before or after this script runs, and panels again and again.
let screen = null;
let feeds = null;
function look() {
  const frame = element("map");
  if (frame && !screen) screen = new Screen(frame);
  const plan = element("feeds-map");
  if (plan && !feeds) feeds = new Feeds(plan);
  feeds?.look();
  const unpainted = [...document.querySelectorAll("[data-sign]:empty")];
  if (unpainted.length) paintLegend(unpainted);
  if (screen?.chosen && document.querySelector("[data-alert]:not([aria-current])")) screen.drawAlerts();
}
new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
look();
