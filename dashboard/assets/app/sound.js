// Two soft tones when an alert comes that may be heard; off until somebody turns it on.

const KEY = "pierwatch-sound";

export class Sound {
  constructor(button, words) {
    this.button = button;
    this.words = words;
    this.heard = new Set();
    this.on = localStorage.getItem(KEY) === "on";
    this.show();
    button.addEventListener("click", () => {
      this.on = !this.on;
      localStorage.setItem(KEY, this.on ? "on" : "off");
      this.show();
      this.play();
    });
  }

  show() {
    this.button.textContent = this.words[this.on ? "sound_on" : "sound_off"];
    this.button.setAttribute("aria-pressed", String(this.on));
  }

  // Each of the alerts that may be heard sounds once, and once more when a person is asked to check.
  hear(alerts, ids, aloud) {
    const names = alerts.filter(({ alert_id: id }) => ids.includes(id))
      .flatMap(({ alert_id: id, level }) => level === "verify" ? [id, `${id} verify`] : [id]);
    const fresh = names.filter((name) => !this.heard.has(name));
    for (const name of fresh) this.heard.add(name);
    if (aloud && fresh.length) this.play();
  }

  play() {
    if (!this.on) return;
    this.context ??= new AudioContext();
    const now = this.context.currentTime;
    for (const [frequency, from] of [[660, 0], [880, 0.22]]) {
      const tone = this.context.createOscillator();
      const volume = this.context.createGain();
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(0.0001, now + from);
      volume.gain.exponentialRampToValueAtTime(0.12, now + from + 0.04);
      volume.gain.exponentialRampToValueAtTime(0.0001, now + from + 0.4);
      tone.connect(volume).connect(this.context.destination);
      tone.start(now + from);
      tone.stop(now + from + 0.45);
    }
  }
}
