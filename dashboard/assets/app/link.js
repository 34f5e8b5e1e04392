// The line to the server: one WebSocket that comes back by itself.

export class Link {
  // on: { state(message), names(rows), frame(ArrayBuffer), line("live" | "lost") }
  constructor(on) { this.on = on; this.waitMs = 500; }

  open() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/live`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => { this.waitMs = 500; this.on.line("live"); };
    socket.onmessage = ({ data }) => {
      if (typeof data !== "string") { this.on.frame(data); return; }
      const message = JSON.parse(data);
      if (message.kind === "names") this.on.names(message.rows);
      else if (message.kind === "state") this.on.state(message);
      else if (message.kind === "ashore") this.on.ashore?.(message);
    };
    socket.onclose = () => { this.on.line("lost"); this.again(); };
  }

  // A closed line is a server that went away, or a session that ended: then the door is asked for.
  async again() {
    const answer = await fetch("/api/health").catch(() => null);
    if (answer?.status === 401) { location.reload(); return; }
    setTimeout(() => this.open(), this.waitMs);
    this.waitMs = Math.min(this.waitMs * 2, 15000);
  }
}
