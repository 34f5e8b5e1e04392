// What every page needs: its address, its elements, the interface, the clock.

export const query = new URLSearchParams(location.search);
export const still = query.has("still") || matchMedia("(prefers-reduced-motion: reduce)").matches;
export const element = (id) => document.getElementById(id);
export const setProps = (id, props) => window.dash_clientside?.set_props?.(id, props);

export async function json(path) {
  const answer = await fetch(path, { headers: { accept: "application/json" } });
  if (answer.status === 401) location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

export function clockText(told, ms, dated) {
  const date = dated ? { month: "short", day: "numeric" } : {};
  return new Intl.DateTimeFormat(told.language === "zh" ? "zh-CN" : "en-GB", {
    ...date, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: told.timezone,
  }).format(ms);
}

// What the line to the server says, in the head of the page.
export function showLine(words, how, trouble) {
  const ill = how === "live" && trouble;
  element("line").className = `line ${ill ? "lost" : how}`;
  element("line").textContent = words.page[ill ? "trouble" : how];
  element("line").title = trouble ?? "";
}
