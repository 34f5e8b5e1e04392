// The page of feeds: ages that go on, rows that open, the map of what a station hears.

import { Chart } from "./chart.js";
import { unpacked } from "./frames.js";
import { Link } from "./link.js";
import { clockText, element, json, query, setProps, showLine, still } from "./page.js";
import { ago } from "./popups.js";

const EVERY_MS = 5000; // of the data's clock, between two readings of the table

export class Feeds {
  constructor(frame) {
    this.told = JSON.parse(frame.dataset.told);
    this.words = this.told.words;
    this.state = {};
    this.atMs = 0;
    this.askedMs = 0;
    this.beat = 0;
    this.opened = new Set();
    this.station = null;
    const scale = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
    this.chart = new Chart(frame, { still, scale, basemap: this.told.basemap, on: this });
    showLine(this.words, "connecting");
    document.addEventListener("click", (event) => this.click(event));
    new Link({
      state: (message) => this.takeState(message),
      names: () => {},
      frame: (buffer) => this.takeClock(unpacked(buffer).atMs),
      line: (how) => showLine(this.words, how, this.state.trouble),
    }).open();
    setInterval(() => { element("local-clock").textContent = clockText(this.told, still ? this.atMs : Date.now(), false); }, 1000);
  }

  async takeState(message) {
    const before = this.state;
    this.state = message;
    if (before.trouble !== message.trouble) showLine(this.words, "live", message.trouble);
    if (message.at_ms) this.takeClock(message.at_ms);
    if (before.run_id === message.run_id) return;
    if (before.run_id !== undefined) { location.reload(); return; }
    const coast = await json("/api/coast").catch(() => null);
    if (coast) this.chart.fill("coast", coast.features);
    this.drawStations();
  }

  takeClock(atMs) {
    this.atMs = atMs;
    element("data-clock").textContent = clockText(this.told, atMs, true);
    this.look();
    if (Math.abs(atMs - this.askedMs) < EVERY_MS) return;
    this.askedMs = atMs;
    setProps("feeds-beat", { data: ++this.beat });
    if (this.station) this.takeReception();
  }

  // The table is drawn again and again: ages, and the station that is chosen.
  look() {
    for (const seen of document.querySelectorAll("[data-seen]")) {
      const text = ago(Math.max(0, (this.atMs - Number(seen.dataset.seen)) / 1000), this.words.vessels);
      if (seen.textContent !== text) seen.textContent = text;
    }
    const buttons = [...document.querySelectorAll("[data-station]")];
    for (const button of buttons) {
      const current = String(button.dataset.station === this.station);
      if (button.getAttribute("aria-current") !== current) button.setAttribute("aria-current", current);
    }
    if (!this.station) {
      const wanted = query.get("station") ?? this.told.stations[0]?.id;
      if (wanted) this.choose(wanted);
    }
  }

  click(event) {
    const button = event.target.closest?.("[data-feed], [data-station]");
    if (!button) return;
    if (button.dataset.station) { this.choose(button.dataset.station); return; }
    const name = button.dataset.feed;
    if (!this.opened.delete(name)) this.opened.add(name);
    setProps("feeds-open", { data: [...this.opened] });
  }

  choose(station) {
    this.station = station;
    this.drawStations();
    this.takeReception();
    this.look();
  }

  async takeReception() {
    const station = this.station;
    const found = await json(`/api/feeds/${encodeURIComponent(station)}/reception?hours=${this.told.hours}`).catch(() => null);
    if (!found || station !== this.station) return;
    const { station_hours: said, station_none: none } = this.words.feeds;
    const total = found.features.reduce((sum, cell) => sum + cell.properties.heard, 0);
    element("station-name").textContent = (total ? said : none)
      .replace("{station}", station).replace("{hours}", this.told.hours)
      .replace("{n}", total.toLocaleString("en")).replace("{cells}", found.features.length);
    this.chart.fill("reception", found.features);
    const corners = found.features.map((cell) => cell.geometry.coordinates[0][0]);
    this.chart.fit([...corners, ...this.told.stations.map((s) => [s.lon, s.lat])]);
  }

  drawStations() {
    this.chart.fill("ashore", this.told.stations.map((s) => ({
      type: "Feature", geometry: { type: "Point", coordinates: [s.lon, s.lat] },
      properties: {
        icon: `station-${s.kind}`, kind: `station_${s.kind}`, label: s.id === this.station ? s.id : "", station: s.id,
        turn: 0, rank: s.id === this.station ? 2 : 1,
      },
    })));
  }

  ashore(properties) { if (properties.station) this.choose(properties.station); }

  alert() {}

  vessel() {}

  pier() {}

  nothing() {}
}
